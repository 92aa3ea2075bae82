using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Soak;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Soak;

/// <summary>What `soak --minutes` says as text.</summary>
internal static class SoakText
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static void Write(
        TextWriter output, SoakOptions options, SoakResult result)
    {
        StringBuilder text = new();
        text.AppendLine(Plain,
            $"kernel {result.Release}, measured; {result.FileSystem}, seed {options.Seed}, "
            + $"{result.Seconds:F0} s of load");
        text.Append('\n');
        text.AppendLine(Plain, $"{"",-36}{"watched",14}{"kept",14}");
        SoakLoad watched = result.Watched.Load;
        SoakLoad kept = result.Kept.Load;
        Row("clients killed", watched.ClientsKilled, kept.ClientsKilled);
        Row("servers killed", 0, result.Kept.ServersKilled);
        Row("operations compared with a shadow", watched.Operations, kept.Operations);
        Row("names and contents compared", watched.Compared, kept.Compared);
        Row("errors no rule explains", watched.Errors, kept.Errors);
        Row("wrong object", watched.WrongObject, kept.WrongObject);
        text.Append('\n');
        text.AppendLine(Plain, $"{"check",-24}{"compared",12}{"mismatches",14}");
        foreach (CheckResult check in result.Watched.Checks)
        {
            text.AppendLine(
                Plain, $"{check.Name,-24}{check.Compared,12}{check.Mismatches,14}");
            if (check.FirstMismatch is { } words)
                TextTable.Paragraph(text, words, indent: 2, first: 2);
        }

        text.Append('\n');
        text.AppendLine(Plain,
            $"keeper: {result.Kept.Keeper.Rebound} rebound, {result.Kept.Keeper.Overdrawn} "
            + $"overdrawn, {result.Kept.Keeper.WrongObject} wrong objects");
        text.AppendLine(Plain,
            $"after all was evicted: {result.Kept.Held} nodeids and {result.Kept.Files} open "
            + $"files held that should not be, {result.Kept.Withdrawn} withdrawn unseen");
        foreach (string message in watched.Messages.Concat(kept.Messages))
            TextTable.Paragraph(text, message, indent: 2);
        text.Append('\n');
        text.AppendLine(Plain, $"verdict: {result.Verdict}");
        output.Write(text);

        void Row(string what, long first, long second) =>
            text.AppendLine(Plain, $"{what,-36}{first,14}{second,14}");
    }
}
