namespace HandleCache.Cli.Common;

/// <summary>The exit codes of every command.</summary>
internal static class ExitCode
{
    /// <summary>It holds.</summary>
    public const int Success = 0;

    /// <summary>A check failed.</summary>
    public const int CheckFailed = 1;

    /// <summary>Usage or bad input.</summary>
    public const int BadInput = 2;

    /// <summary>The machine lacks what is needed.</summary>
    public const int MissingRequirement = 3;

    /// <summary>
    /// The machine disturbed the run, so that it says neither that it holds nor that it does not.
    /// </summary>
    public const int Undecided = 4;

    /// <summary>Ended by a signal after cleaning up; what a shell gives for SIGINT.</summary>
    public const int Interrupted = 130;
}
