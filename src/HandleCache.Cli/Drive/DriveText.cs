using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Drive;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Drive;

/// <summary>What `drive` says as text.</summary>
internal static class DriveText
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public static void Write(
        TextWriter output, DriveOptions options, string dialect, DriveResult result)
    {
        StringBuilder text = new();
        text.AppendLine(Plain,
            $"modelled kernel {result.Kernel}, derived; {options.Command[0]} over a socket");
        text.AppendLine(Plain,
            $"seed {options.Seed}, {result.Scripts} scripts, {result.Calls} calls, "
            + $"{result.Requests} requests, {result.Forgets} forgets");
        text.Append('\n');
        if (result.Hostile.Count > 0)
            Hostile(text, result.Hostile);
        else
            Checks(text, result.Checks);
        foreach (string note in result.Notes)
            TextTable.Paragraph(text, $"note: {note}", indent: 2);
        if (result.Finding is { } finding)
            Finding(text, options, finding);
        if (result.Verdict != "match")
        {
            text.Append(result.Finding is { Repeats: true } ? "this script alone" : "found by")
                .Append(": ").AppendLine(Repeat(options, dialect, result.Finding));
        }

        text.Append('\n');
        text.AppendLine(Plain, $"verdict: {result.Verdict}");
        output.Write(text);
    }

    /// <summary>The command that finds it again.</summary>
    /// <param name="options">Of this run.</param>
    /// <param name="dialect">As it was given.</param>
    /// <param name="finding">What is to be found; null for all that malformed requests do.</param>
    public static string Repeat(DriveOptions options, string dialect, DriveFinding? finding)
    {
        List<string> words = ["handlecache", "drive"];
        void Add(string option, object value)
        {
            words.Add(option);
            words.Add(string.Create(Plain, $"{value}"));
        }

        Add("--seed", options.Seed);
        if (finding is { Repeats: true })
            Add("--script", finding.Script);
        else
        {
            bool isAll = finding is null || options.Hostile;
            Add("--scripts", isAll ? options.Scripts : finding!.Script + 1);
        }

        Add("--calls", options.Calls);
        Add("--patience", options.PatienceSeconds);
        Add("--model-kernel", options.ModelKernel);
        if (options.Root is { } root)
            Add("--root", root);
        if (options.FuserMount)
            words.Add("--fusermount");
        if (options.DirectMount)
            words.Add("--direct-mount");
        if (options.Restart)
            words.Add("--restart");
        if (options.Hostile)
            words.Add("--hostile");
        if (options.Allowed.Count > 0)
            Add("--allow", string.Join(',', options.Allowed.Order()));
        if (options.Dialect.CarriesHandles)
            Add("--dialect", dialect);
        words.Add("--");
        words.AddRange(options.Command);
        return RepeatLine.Join(words);
    }

    private static void Checks(StringBuilder text, IReadOnlyList<CheckResult> checks)
    {
        text.AppendLine(Plain, $"{"check",-20}{"compared",12}{"mismatches",14}");
        foreach (CheckResult check in checks)
        {
            text.AppendLine(
                Plain, $"{check.Name,-20}{check.Compared,12}{check.Mismatches,14}");
        }
    }

    private static void Hostile(StringBuilder text, IReadOnlyList<HostileRow> rows)
    {
        text.AppendLine(Plain, $"{"malformed request",-28}{"sent",8}{"died or hung",16}");
        foreach (HostileRow row in rows)
        {
            text.AppendLine(Plain, $"{row.Name,-28}{row.Sent,8}{row.Deaths,16}");
            if (row.First is { } words)
                TextTable.Paragraph(text, words, indent: 2, first: 2);
        }
    }

    private static void Finding(
        StringBuilder text, DriveOptions options, DriveFinding finding)
    {
        text.Append('\n');
        Line(text, $"broken: {finding.Rule}", finding.Message);
        Line(text, "relied on by", finding.Kernel);
        if (finding.File.Length > 0)
            Line(text, "file", finding.File);
        if (finding.Request.Length > 0)
            Line(text, "request", finding.Request);
        if (finding.Reply.Length > 0)
            Line(text, "reply", finding.Reply);
        if (!options.Hostile)
            Script(text, finding);
        text.AppendLine("last messages:");
        foreach (string message in finding.Last)
            TextTable.Paragraph(text, message, indent: 5, first: 2);
    }

    private static void Script(StringBuilder text, DriveFinding finding)
    {
        text.AppendLine(finding.Repeats
            ? "shortest script, in a new directory:"
            : "script, which does not break it again on a new server:");
        if (finding.Steps.Count == 0)
            text.AppendLine("  none: to make, list and remove the directory is enough");
        for (int i = 0; i < finding.Steps.Count; i++)
        {
            TextTable.Paragraph(
                text, string.Create(Plain, $"{i + 1}. {finding.Steps[i]}"), indent: 5, first: 2);
        }
    }

    private static void Line(StringBuilder text, string head, string words) =>
        TextTable.Paragraph(text, $"{head}: {words}", indent: 2);
}
