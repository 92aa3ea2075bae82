using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Restart;

namespace HandleCache.Cli.Restart;

/// <summary>The plain text of restart, at most 80 columns.</summary>
internal static class RestartText
{
    public static void Write(TextWriter output, RestartResult result)
    {
        void Row(string name, long value) => output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{name,-34}{value,12}"));

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"kernel {result.Kernel}, source on {result.FileSystem}, measured; seed "
            + $"{result.Options.Seed}, {result.Seconds:F0} s"));
        Row("servers killed", result.Kills);
        Row("operations", result.Operations);
        Row("names compared at the end", result.Compared);
        Row("nodeids and open files recovered", result.Recovered);
        Row("requests sent again", result.Keeper.Resent);
        Row("settled by what the source holds", result.Keeper.Settled);
        Row("cannot be known (EIO)", result.Keeper.Unknown);
        Row("stale: open without a name", result.Stale);
        Row("errors no rule explains", result.Errors);
        Row("wrong object", result.WrongObject);
        Row("lookups overdrawn", result.Keeper.Overdrawn);
        Row("longest gap without answer, ms", (long)result.Keeper.LongestGapMs);
        foreach (string message in result.Messages)
            output.WriteLine($"  {message}");
        if (result.WithoutHandle.Count > 0)
        {
            StringBuilder note = new();
            TextTable.Paragraph(
                note,
                $"in {result.Options.Dialect.Name} no handle comes with "
                + $"{string.Join(", ", result.WithoutHandle)}: what only they have named is lost "
                + "with its server",
                0);
            output.Write(note);
        }

        Write(output, result.Backing);
        output.WriteLine(result.Holds ? "verdict: it holds" : "verdict: it does not hold");
    }

    /// <summary>Files that the kernel reads and writes by itself.</summary>
    private static void Write(TextWriter output, BackingResult backing)
    {
        if (backing.NotMeasured is { } why)
        {
            output.WriteLine($"backing files over a death: not measured: {why}");
            return;
        }

        output.WriteLine($"{"backing files over a death",-34}{"predicted",20}{"measured",20}");
        foreach (BackingRow row in backing.Rows)
        {
            output.WriteLine(
                $"  {row.Name,-32}{row.Predicted,20}{row.Measured,20}"
                + (row.Holds ? "" : "  <-- differs"));
        }
    }

    public static void Write(TextWriter output, StatStormResult result)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(plain,
            $"kernel {result.Kernel}, {result.Cpus} CPUs, stat of {result.Files} files, "
            + $"no timeout, measured"));
        output.WriteLine(string.Create(plain,
            $"{result.Runs} runs with new mounts, {result.Rounds} pairs of slices of "
            + $"{result.SecondsPerSlice} s by turns in each; medians, 95 % interval"));
        output.WriteLine();
        output.WriteLine($"{"threads",8}{"server us",12}{"kept us",12}{"added %",12}  interval");
        foreach (StatStormRow row in result.Rows)
        {
            output.WriteLine(string.Create(plain,
                $"{row.Threads,8}{row.PlainMicroseconds,12:F1}{row.KeptMicroseconds,12:F1}"
                + $"{row.AddedPercent,12:F1}  {row.LeastAddedPercent:F1} to "
                + $"{row.MostAddedPercent:F1}"));
        }

        output.WriteLine(string.Create(plain,
            $"verdict: at most {StatStormResult.BarPercent} % ")
            + (result.Holds ? "holds" : "fails"));
    }
}
