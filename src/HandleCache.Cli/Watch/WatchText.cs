using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Watch;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Watch;

/// <summary>What `watch` says, as text and as its document.</summary>
internal static class WatchText
{
    /// <summary>Said when it can be used: after kill -9 nobody is left to unmount.</summary>
    public static void Mounted(TextWriter output, WatchOptions options)
    {
        output.WriteLine($"serving {options.Command[0]} on {options.MountPoint}");
        output.WriteLine($"Ctrl-C unmounts; after kill -9: umount -l {options.MountPoint}");
        output.Flush();
    }

    public static void Write(TextWriter output, WatchResult result)
    {
        StringBuilder text = new();
        CultureInfo plain = CultureInfo.InvariantCulture;
        text.AppendLine(plain,
            $"kernel {result.Kernel.Release}, FUSE {result.Kernel.Protocol}, measured");
        text.AppendLine(plain,
            $"{result.Statistics.Requests} requests, "
            + $"{result.Statistics.InodesPeak} inodes at most");
        text.Append('\n');
        text.AppendLine(plain, $"{"check",-20}{"compared",12}{"mismatches",14}");
        foreach (CheckResult check in result.Checks)
        {
            text.AppendLine(check.NotCompared is null
                ? string.Create(plain, $"{check.Name,-20}{check.Compared,12}{check.Mismatches,14}")
                : string.Create(plain, $"{check.Name,-20}{"not compared",12}"));
            if ((check.FirstMismatch ?? check.NotCompared) is { } words)
                TextTable.Paragraph(text, words, indent: 2, first: 2);
        }

        foreach (string note in result.Notes)
            TextTable.Paragraph(text, $"note: {note}", indent: 2);
        text.Append('\n');
        text.AppendLine(plain, $"verdict: {result.Verdict}");
        output.Write(text);
    }
}
