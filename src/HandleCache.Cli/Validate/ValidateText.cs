using System.Globalization;
using HandleCache.Cli.Differential;
using HandleCache.Lab.Differential;
using HandleCache.Lab.Validate;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Validate;

/// <summary>The plain text of validate, at most 80 columns.</summary>
internal static class ValidateText
{
    private const int Columns = 80;

    public static void Write(TextWriter output, ValidateResult result)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(
            plain, $"kernel {result.Kernel.Release}, FUSE {result.Kernel.Protocol}, measured"));
        output.WriteLine(string.Create(
            plain,
            $"seed {result.Seed}, {result.Requests} requests, "
            + $"{result.InodesPeak} inodes at most, strategy {result.Options.Strategy}"));
        if (result.Differential is { } compared)
        {
            output.WriteLine(string.Create(
                plain,
                $"{compared.Scripts} scripts on both kernels, {compared.Calls} calls, "
                + $"{compared.Requests} requests"));
        }

        output.WriteLine(string.Create(
            plain,
            $"handles compared: {result.HandlesInline} inline, {result.HandlesSpilled} spilled"));
        output.WriteLine();
        output.WriteLine(string.Create(plain, $"{"check",-20}{"compared",12}{"mismatches",14}"));
        foreach (CheckResult check in result.Checks)
        {
            output.WriteLine(check.NotCompared is null
                ? string.Create(
                    plain, $"{check.Name,-20}{check.Compared,12}{check.Mismatches,14}")
                : string.Create(plain, $"{check.Name,-20}{"not compared",12}"));
        }

        foreach (CheckResult check in result.Checks)
        {
            if (check.FirstMismatch is not null)
                Paragraph(output, $"{check.Name}: {check.FirstMismatch}");
            if (check.NotCompared is not null)
                Paragraph(output, $"{check.Name} not compared: {check.NotCompared}");
        }

        foreach (UndecidedComparison one in result.Undecided)
            Paragraph(output, $"{one.Check} undecided: {one.What}: {one.DisturbedBy}");
        foreach (string note in result.Notes)
            Paragraph(output, $"note: {note}");
        if (result.Differential is { } differential)
        {
            DifferentialText.WriteDivergence(
                output, differential, new DifferentialOptions().CallsPerScript,
                result.Options.Break);
        }

        output.WriteLine();
        output.WriteLine(
            $"verdict: {result.Verdict}{(result.IsInterrupted ? " (interrupted)" : "")}");
    }

    /// <summary>Folds at blanks; lines after the first are indented.</summary>
    private static void Paragraph(TextWriter output, string text)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Columns)
            {
                output.WriteLine(line);
                line = "  " + word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        output.WriteLine(line);
    }
}
