using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>Runs pahole and reads the lines that carry an offset.</summary>
internal static partial class Pahole
{
    /// <summary>One member: name, first bit, bytes of its type.</summary>
    internal readonly record struct Line(string Name, long Bit, int Size);

    public static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(':')
        .Any(folder => File.Exists(Path.Combine(folder, "pahole")));

    public static IReadOnlyList<Line> Read(string structName)
    {
        // It warns about newer kinds of BTF by the hundred; those are not asked for.
        ProcessStartInfo start = new("pahole", ["-F", "btf", "-C", structName])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        string text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        List<Line> lines = [];
        foreach (string line in text.Split('\n'))
        {
            Match match = OffsetComment().Match(line);
            if (!match.Success)
                continue;
            long offset = Number(match.Groups["offset"].Value);
            long bit = match.Groups["bit"].Success ? Number(match.Groups["bit"].Value) : 0;
            lines.Add(new Line(
                NameOf(match.Groups["declaration"].Value),
                (8 * offset) + bit,
                (int)Number(match.Groups["size"].Value)));
        }

        return lines;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string NameOf(string declaration)
    {
        Match function = FunctionName().Match(declaration);
        if (function.Success)
            return function.Groups[1].Value;
        string bare = Noise().Replace(declaration, "").TrimEnd();
        Match name = LastWord().Match(bare);
        return name.Success ? name.Value : "";
    }

    [GeneratedRegex(
        @"^\s*(?<declaration>.*);\s*/\*\s*(?<offset>\d+)(:\s*(?<bit>\d+))?\s+(?<size>\d+)\s*\*/")]
    private static partial Regex OffsetComment();

    [GeneratedRegex(@"\(\*+\s*(\w+)\)?[\[(]")]
    private static partial Regex FunctionName();

    [GeneratedRegex(@"__attribute__\(\(.*\)\)|\[[^\]]*\]|:\d+\s*$")]
    private static partial Regex Noise();

    [GeneratedRegex(@"\w+$")]
    private static partial Regex LastWord();
}
