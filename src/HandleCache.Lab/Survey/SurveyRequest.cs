namespace HandleCache.Lab.Survey;

/// <summary>What `survey` was asked.</summary>
public sealed record SurveyRequest
{
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Stay in the mount that a path lies in.</summary>
    public bool StayInMount { get; init; }

    /// <summary>Ask for connectable handles too (AT_HANDLE_CONNECTABLE, Linux 6.13).</summary>
    public bool Connectable { get; init; }

    /// <summary>Threads that walk; 0 for one per CPU.</summary>
    public int Workers { get; init; }
}

/// <summary>How far a survey has come.</summary>
/// <param name="Objects">Counted so far.</param>
/// <param name="Expected">
/// Objects of the file systems that are walked, where they say; 0 where nobody knows. More than
/// the walk will find where a path is not the root of its file system.
/// </param>
public readonly record struct SurveyProgress(long Objects, long Expected);
