namespace HandleCache.Lab.Survey;

/// <summary>What a survey found; everything is measured.</summary>
public sealed record SurveyResult
{
    /// <summary>Objects: names below the paths, and the paths themselves.</summary>
    public required long Objects { get; init; }

    public required long Directories { get; init; }

    /// <summary>Entries that could not be read.</summary>
    public required long Errors { get; init; }

    /// <summary>The first few of those, as "call path: errno".</summary>
    public required IReadOnlyList<string> ErrorExamples { get; init; }

    public required IReadOnlyList<SurveyFileSystem> FileSystems { get; init; }

    public required double ElapsedSeconds { get; init; }

    public required int Workers { get; init; }

    /// <summary>The running kernel.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>Plain handles of all file systems together.</summary>
    public IReadOnlyList<SurveyLength> Lengths => Sum(FileSystems.SelectMany(f => f.Lengths));

    /// <summary>Connectable handles of all file systems together.</summary>
    public IReadOnlyList<SurveyLength> Connectable =>
        Sum(FileSystems.SelectMany(f => f.Connectable));

    private static List<SurveyLength> Sum(IEnumerable<SurveyLength> rows) =>
        [.. rows.GroupBy(row => (row.Type, row.Bytes))
            .Select(g => new SurveyLength(g.Key.Type, g.Key.Bytes, g.Sum(row => row.Count)))
            .OrderByDescending(row => row.Count)];
}

/// <summary>How many objects have a handle of this type and length.</summary>
/// <param name="Type">All 32 bits of handle_type.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Count">Objects.</param>
public sealed record SurveyLength(uint Type, int Bytes, long Count);

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
