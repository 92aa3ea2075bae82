using System.CommandLine;

namespace HandleCache.Cli.Guide;

/// <summary>A command line to begin with.</summary>
/// <param name="Line">What stands behind `handlecache`.</param>
/// <param name="Does">What comes of it.</param>
internal sealed record Example(string Line, string Does);

/// <summary>What is known of a command beside its options: help and man pages print it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="About">More than one sentence of it.</param>
/// <param name="First">How to begin.</param>
/// <param name="Second">What else one would do.</param>
internal sealed record CommandEntry(string Name, string About, Example First, Example Second);

/// <summary>A question, and the commands that answer it.</summary>
internal sealed record Question(string Text, IReadOnlyList<CommandEntry> Commands);

/// <summary>The commands by the questions that lead to them.</summary>
internal static partial class Guidebook
{
    /// <summary>What the program is.</summary>
    public const string Summary = "Model and bench for file handles in the Linux FUSE inode cache";

    /// <summary>The exit codes, and what each says.</summary>
    public static readonly IReadOnlyList<(int Code, string Says)> ExitCodes =
    [
        (Common.ExitCode.Success, "Success: it holds"),
        (Common.ExitCode.CheckFailed, "A check failed"),
        (Common.ExitCode.BadInput, "Usage or bad input"),
        (Common.ExitCode.MissingRequirement, "The machine lacks what is needed, and it says what"),
        (Common.ExitCode.Undecided, "Undecided: the machine disturbed the run"),
        (Common.ExitCode.Interrupted,
            "Ended by SIGINT, SIGTERM or SIGHUP, after cleaning up"),
    ];

    /// <summary>What holds for every command.</summary>
    public static readonly IReadOnlyList<string> Habits =
    [
        "Results are on stdout, all else is on stderr. --json prints exactly one JSON document on "
            + "stdout, also where there is no result: then it has error and exitCode, and stderr "
            + "the same words. --schema prints the JSON schema of that document. A text ends "
            + "with the line that repeats it.",
        "A progress bar is drawn on a terminal only, without colours if NO_COLOR is set. A closed "
            + "pipe is silent. SIGINT, SIGTERM and SIGHUP end a run after it has unmounted, also "
            + "where a shell has started it in the background with SIGINT ignored.",
    ];

    /// <summary>The entry of a command; null for a hidden one.</summary>
    public static CommandEntry? Of(Command command) => Questions
        .SelectMany(q => q.Commands).SingleOrDefault(entry => entry.Name == command.Name);
}
