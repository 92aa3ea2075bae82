namespace HandleCache.Lab.Survey;

/// <summary>What was found on one file system.</summary>
public sealed record SurveyFileSystem
{
    /// <summary>As mountinfo has it: xfs, fuse.sshfs.</summary>
    public required string Type { get; init; }

    /// <summary>Device number, "major:minor".</summary>
    public required string Device { get; init; }

    /// <summary>The mounts through which it was met.</summary>
    public required IReadOnlyList<string> MountPoints { get; init; }

    public required long Objects { get; init; }

    /// <summary>Objects for which the file system makes no handle (EOPNOTSUPP).</summary>
    public required long WithoutHandle { get; init; }

    /// <summary>
    /// Objects without a connectable handle (EOPNOTSUPP, EOVERFLOW), where those were asked for.
    /// </summary>
    public required long WithoutConnectable { get; init; }

    /// <summary>By count.</summary>
    public required IReadOnlyList<SurveyLength> Lengths { get; init; }

    /// <summary>By count; empty where they were not asked for.</summary>
    public required IReadOnlyList<SurveyLength> Connectable { get; init; }
}
