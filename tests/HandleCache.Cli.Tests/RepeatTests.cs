using System.Diagnostics;
using HandleCache.Cli.Common;
using HandleCache.Lab.Tests.Drive;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>
/// Each command's text ends with the line that repeats it. Those that mount:
/// tests/HandleCache.Mount.Tests; those that boot kernels write it by the same call.
/// </summary>
public sealed class RepeatTests(ToyServer toy) : IClassFixture<ToyServer>
{
    private const string Head = "\nrepeat: ";

    private static readonly string[][] Runs =
    [
        ["slab", "--object-size", "848", "--kernel", "6.18"],
        ["layout", "--inline", "12,40", "--kernel", "6.12"],
        ["sweep", "--filesystem=xfs", "--kernel", "6.18", "--strategy", "inline:12",
            "--strategy", "pointer", "--allow-refused", "0.25", "--header", "v2",
            "--inodes", "10M"],
        ["compare", "--filesystem", "ext4", "--kernel", "6.18", "--names", "100"],
        ["design", "v2", "--filesystem", "ext4", "--kernel", "6.18", "--histories", "2"],
        ["restart", "--model", "--histories", "2", "--seed", "7"],
    ];

    public static TheoryData<string[]> Repeatable() => [.. Runs];

    [Theory]
    [MemberData(nameof(Repeatable))]
    public void The_last_line_run_by_a_shell_gives_the_same_text(string[] run)
    {
        Cli.Outcome first = Cli.Run(run);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(first.Output, Shell(LineOf(first.Output)));
    }

    [Fact]
    public void Words_for_the_server_stand_behind_two_dashes()
    {
        string[] run =
            ["drive", "--scripts", "2", "--patience", "60", "--", .. toy.Command("none")];
        string text = Cli.Run(run).Output;
        Assert.Equal($"handlecache {string.Join(' ', run)}", LineOf(text).Replace(
            " \\\n   ", "", StringComparison.Ordinal));
        Assert.Equal(text, Shell(LineOf(text)));
    }

    [Fact]
    public void A_word_that_a_shell_would_split_or_expand_is_quoted_and_a_long_line_goes_on()
    {
        string[] words =
            ["sweep", "--handles", "it's a $file; rm *", "--kernel", new string('k', 60)];
        StringWriter output = new();
        RepeatLine.Write(output, Program.Commands(DialectList.All).Parse(words), seed: 5);
        Assert.All(output.ToString().Split('\n'), line => Assert.True(line.Length <= 80, line));
        using Process shell = Process.Start(new ProcessStartInfo("sh", [
            "-c", "handlecache() { printf '%s\\n' \"$@\"; }\n" + LineOf("\n" + output)])
        {
            RedirectStandardOutput = true,
        })!;
        Assert.Equal(
            string.Join('\n', [.. words, "--seed", "5", ""]), shell.StandardOutput.ReadToEnd());
        shell.WaitForExit();
    }

    private static string LineOf(string text)
    {
        int at = text.LastIndexOf(Head, StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        string line = text[(at + Head.Length)..];
        // Nothing stands behind it: every line but the last goes on.
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.All(line.TrimEnd('\n').Split('\n').SkipLast(1), l => Assert.EndsWith(" \\", l));
        return line.TrimEnd('\n');
    }

    private static string Shell(string line)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "handlecache.dll");
        using Process shell = Process.Start(new ProcessStartInfo("sh", [
            "-c", $"handlecache() {{ dotnet exec '{program}' \"$@\"; }}\n{line}"])
        {
            RedirectStandardOutput = true,
        })!;
        string output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return output;
    }
}
