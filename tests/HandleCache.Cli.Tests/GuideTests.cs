using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using HandleCache.Cli.Guide;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>Help, manual pages and completions are made of the commands as they are.</summary>
public sealed class GuideTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("handlecache-guide-")
        .FullName;

    private static RootCommand Root => Program.Commands(DialectList.All);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_visible_command_stands_behind_one_question() =>
        Assert.Equal(
            Root.Subcommands.Where(c => !c.Hidden).Select(c => c.Name).Order(),
            Guidebook.Questions.SelectMany(q => q.Commands).Select(c => c.Name).Order());

    [Fact]
    public void Every_example_is_a_command_line_of_its_command()
    {
        foreach (CommandEntry entry in Guidebook.Questions.SelectMany(q => q.Commands))
        {
            Assert.NotEqual(entry.First, entry.Second);
            foreach (Example example in new[] { entry.First, entry.Second })
            {
                // What a shell does with the rest of the line is not the command's.
                ParseResult parsed = Root.Parse(example.Line.Split(" > ")[0].Split(" | ")[0]);
                Assert.True(parsed.Errors.Count == 0, $"{example.Line}: {parsed.Errors}");
                Assert.Equal(entry.Name, parsed.CommandResult.Command.Name);
            }
        }
    }

    [Fact]
    public void Help_and_page_of_a_command_have_all_its_options_and_both_examples()
    {
        RootCommand root = Root;
        foreach (Command command in ManCommand.Visible(root))
        {
            string help = HelpText.Of(command);
            string page = ManPage.Of(root, command).Replace("\\-", "-", StringComparison.Ordinal);
            CommandEntry entry = Guidebook.Of(command)!;
            foreach (string text in new[] { help, page })
            {
                Assert.All(
                    OptionText.Everything(command),
                    o => Assert.Contains(o.Name, text, StringComparison.Ordinal));
                Assert.All(
                    new[] { entry.First, entry.Second },
                    e => Assert.Contains(
                        e.Line.Split(' ')[^1].Replace("~", "", StringComparison.Ordinal),
                        text.Replace("\\(ti", "", StringComparison.Ordinal)
                            .Replace("~", "", StringComparison.Ordinal),
                        StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Man_shows_every_page_without_a_warning()
    {
        Assert.Equal(0, Cli.Run("man", "--write", _folder).ExitCode);
        string[] pages = Directory.GetFiles(_folder);
        Assert.Equal(ManCommand.Visible(Root).Count() + 1, pages.Length);
        foreach (string page in pages)
        {
            (int exitCode, string output, string error) = Shell(
                "sh", "man", "-c", $"MANWIDTH=80 man --warnings -l '{page}' | col -bx");
            Assert.True(exitCode == 0 && error.Length == 0, $"{page}: {error}");
            Assert.All(output.Split('\n'), l => Assert.True(l.Length <= 80, $"{page}: {l}"));
            Assert.Contains("EXIT STATUS", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("handlecache ", "sweep", "validate", "man")]
    [InlineData("handlecache sw", "sweep")]
    [InlineData("handlecache sweep --fi", "--filesystem")]
    [InlineData("handlecache sweep --filesystem xf", "xfs")]
    [InlineData("handlecache sweep --filesystem xfs --kernel 6.1", "6.1", "6.12", "6.18")]
    [InlineData("handlecache restart --workload m", "mixed", "metadata")]
    [InlineData("handlecache compare --dialect v", "v2", "v3")]
    [InlineData("handlecache completion z", "zsh")]
    [InlineData("handlecache man sw", "sweep")]
    [InlineData("handlecache design th", "thread")]
    [InlineData("handlecache survey ./pla", "./place/")]
    [InlineData("handlecache drive -- ca", "cat")]
    public void A_shell_completes_what_the_program_takes(string line, params string[] expected)
    {
        Directory.CreateDirectory(Path.Combine(_folder, "place"));
        foreach ((string shell, string[] offered) in new[]
        {
            ("bash", Bash(line)), ("fish", Fish(line)),
        })
        {
            foreach (string word in expected)
            {
                Assert.True(
                    offered.Contains(word) || offered.Contains(word.TrimEnd('/')),
                    $"{shell}, '{line}': {string.Join(' ', offered)}");
            }
        }
    }

    [Theory]
    [InlineData("handlecache sw", "handlecache sweep ")]
    [InlineData("handlecache sweep --filesystem xf", "handlecache sweep --filesystem xfs ")]
    [InlineData("handlecache sweep --allow-", "handlecache sweep --allow-refused ")]
    [InlineData("handlecache man valid", "handlecache man validate ")]
    public void Zsh_completes_a_line_on_a_terminal(string line, string completed)
    {
        string script = Path.Combine(_folder, "_handlecache");
        File.WriteAllText(script, Cli.Run("completion", "zsh").Output);
        // A terminal of zsh's own: what is typed, a tab, and then what the line has become.
        (int _, string output, string error) = Shell("zsh", "zsh", "-f", "-c", $$"""
            zmodload zsh/zpty
            zpty z zsh -f -i
            zpty -w z 'PS1=; unsetopt zle_bracketed_paste; fpath=({{_folder}} $fpath)
            autoload -Uz compinit; compinit -u -d {{_folder}}/dump; unsetopt list_beep
            report() { print -r -- "<<$BUFFER>>" >{{_folder}}/line; BUFFER=; zle accept-line }
            zle -N report; bindkey "^X" report; print ready'
            zpty -r -m z ignored '*ready*ready*'
            zpty -w -n z $'{{line}}\t'; sleep 0.1; zpty -w -n z $'\C-x'
            for i in {1..200}; do [[ -s {{_folder}}/line ]] && break; sleep 0.05; done
            zpty -d z
            cat {{_folder}}/line
            """);
        Assert.True(output.Contains($"<<{completed}>>", StringComparison.Ordinal), output + error);
    }

    [Fact]
    public void A_shell_without_a_script_is_bad_input()
    {
        Cli.Outcome outcome = Cli.Run("completion", "csh");
        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal(
            "handlecache: no completion for 'csh'; known: bash, zsh, fish\n", outcome.Error);
    }

    [Fact]
    public void The_version_names_commit_runtime_and_the_running_kernel()
    {
        string[] lines = Cli.Run("--version").Output.Split('\n');
        Assert.Matches(@"^handlecache \d+\.\d+\.\d+", lines[0]);
        Assert.Matches("^commit ([0-9a-f]{40}|unknown)$", lines[1]);
        Assert.StartsWith($"runtime .NET {Environment.Version.Major}.", lines[2]);
        (_, string release, _) = Shell("uname", "uname", "-r");
        Assert.Equal($"kernel {release.Trim()}", lines[3]);
    }

    private string[] Bash(string line)
    {
        string script = Path.Combine(_folder, "bash");
        if (!File.Exists(script))
            File.WriteAllText(script, Cli.Run("completion", "bash").Output);
        return Shell("bash", "bash", "-c", $$"""
            set -eu
            source {{script}}
            complete -p handlecache >/dev/null
            IFS=' ' read -r -a COMP_WORDS <<<'{{line}}'
            [[ '{{line}}' == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _handlecache
            printf '%s\n' "${COMPREPLY[@]}"
            """).Output.Split('\n');
    }

    private string[] Fish(string line)
    {
        string script = Path.Combine(_folder, "fish");
        if (!File.Exists(script))
            File.WriteAllText(script, Cli.Run("completion", "fish").Output);
        return
        [
            .. Shell("fish", "fish", "--no-config", "-c",
                    $"source {script}; complete -C '{line}'").Output
                .Split('\n').Select(l => l.Split('\t')[0]),
        ];
    }

    private (int ExitCode, string Output, string Error) Shell(
        string program, string needs, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = _folder;
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode == 127)
                Assert.Skip($"{needs} is missing; apt-get install {needs}");
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{needs} is missing; apt-get install {needs}");
            throw;
        }
    }
}
