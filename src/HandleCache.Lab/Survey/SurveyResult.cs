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
