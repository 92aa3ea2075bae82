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
