using System.Globalization;
using System.Text.RegularExpressions;
using HandleCache.Lab.Differential;
using HandleCache.Lab.Kernels;
using HandleCache.Model;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Cli.Differential;

/// <summary>A differential run as plain text of at most 80 columns.</summary>
internal static partial class DifferentialText
{
    /// <summary>That of the command's --strategy.</summary>
    public const string DefaultStrategy = "inline:12";

    private const int Columns = 80;
    private const int ColumnBytes = (Columns - 3) / 2;

    /// <summary>Lines shown before the first that differs, and in all.</summary>
    private const int Before = 3;
    private const int Shown = 16;

    /// <summary>The figures, a line each kind.</summary>
    public static void WriteFigures(TextWriter output, DifferentialResult result)
    {
        double perSecond = result.Scripts / Math.Max(0.001, result.Elapsed.TotalSeconds);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Scripts} scripts, {result.Calls} calls, {result.Requests} requests "
            + $"in {result.Elapsed.TotalSeconds:f1} s ({perSecond:f1}/s)"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"of them {result.FiniteScripts} with finite validities, "
            + $"{result.PassthroughScripts} over a tree on the disk"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"run again: {result.TooSlow} too slow, {result.Disturbed} disturbed by others; "
            + $"given up: {result.GivenUp}"));
        if (result.FirstGivenUpSeed is { } seed)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"first script given up: --single --seed {seed}"));
        }
    }

    /// <summary>The diverging script, both streams side by side, and how to repeat it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="result">Of a run; nothing is written where nothing diverged.</param>
    /// <param name="calls">Calls of each script before it was shrunken.</param>
    /// <param name="fault">The fault that was put into the model, if any.</param>
    public static void WriteDivergence(
        TextWriter output, DifferentialResult result, int calls, ModelFault? fault)
    {
        if (result is not { Failed: { } script, Divergence: { } where })
            return;
        output.WriteLine();
        Fold(output, script.Settings);
        for (int i = 0; i < script.Calls.Count; i++)
            Fold(output, string.Create(CultureInfo.InvariantCulture, $"{i,4} {script.Calls[i]}"));
        Fold(output, string.Create(
            CultureInfo.InvariantCulture,
            $"{where.What} differ at call {where.CallIndex}, {where.Call}:"));
        output.WriteLine($"  {"running kernel",-ColumnBytes}| modelled kernel");
        WriteSides(output, where.Real, where.Model);
        if (!result.Repeats)
            Fold(output, "the script did not diverge when it was run again: it is shown whole");
        output.WriteLine("repeat with:");
        string kernel = result.ModelKernel == KernelProfiles.RunningName
            ? ""
            : $" --model-kernel {result.ModelKernel}";
        string more = (script.Server.IsPassthrough ? " --passthrough" : "")
            + (result.Dialect is { } dialect ? $" --dialect {dialect.Name}" : "")
            + kernel
            + (result.Strategy.ToString() == DefaultStrategy
                ? ""
                : $" --strategy {result.Strategy}")
            + (result.Driver == FuseDriver.BuiltIn
                ? ""
                : $" --device {result.Driver.Device} --type {result.Driver.Type}")
            + (fault is null ? "" : $" --break {fault.Name}");
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  handlecache differential --single --seed {script.Seed} --calls {calls}")
            + (more.Length == 0 ? "" : $" \\{Environment.NewLine}   {more}"));
    }

    private static void WriteSides(
        TextWriter output, IReadOnlyList<string> real, IReadOnlyList<string> model)
    {
        int same = real.Zip(model).TakeWhile(pair => pair.First == pair.Second).Count();
        int first = Math.Max(0, same - Before);
        int last = Math.Min(Math.Max(real.Count, model.Count), first + Shown);
        for (int i = first; i < last; i++)
        {
            string one = i < real.Count ? Short(real[i]) : "";
            string other = i < model.Count ? Short(model[i]) : "";
            string mark = one == other ? " " : "!";
            int longest = Math.Max(1, Math.Max(one.Length, other.Length));
            for (int at = 0; at < longest; at += ColumnBytes - 1)
            {
                string line = $"{mark} {Piece(one, at),-ColumnBytes}| {Piece(other, at)}";
                output.WriteLine(line.TrimEnd());
                mark = " ";
            }
        }
    }

    private static string Piece(string text, int at) =>
        at >= text.Length ? "" : text[at..Math.Min(text.Length, at + ColumnBytes - 1)];

    /// <summary>A run of one character in a long name, as the character and its count.</summary>
    private static string Short(string text) =>
        LongRun().Replace(text, run => $"{run.Groups[1]}*{run.Length}");

    [GeneratedRegex(@"([a-z]|[67]\d)\1{99,}")]
    private static partial Regex LongRun();

    private static void Fold(TextWriter output, string text)
    {
        text = Short(text);
        const string Indent = "       ";
        int room = Columns;
        while (text.Length > room)
        {
            int blank = text.LastIndexOf(' ', room);
            int end = blank > Indent.Length ? blank : room;
            output.WriteLine(text[..end]);
            text = Indent + text[end..].TrimStart();
        }

        output.WriteLine(text);
    }
}
