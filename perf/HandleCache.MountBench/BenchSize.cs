namespace HandleCache.MountBench;

/// <summary>How much is done: <c>full</c> as the bars ask, <c>quick</c> to see the shape.</summary>
internal sealed record BenchSize(
    int Rounds, int StatMs, int Folders, int PortionFolders, int Lists, int Churn, long FileBytes,
    int Reads, int ScaleFiles)
{
    public const int FilesPerFolder = 1000;

    /// <summary>Few, so that a server that searches a list for them is not held back by it.</summary>
    public const int StatFiles = 100;

    /// <summary>About ten minutes.</summary>
    public static BenchSize Full { get; } =
        new(Rounds: 7, StatMs: 1000, Folders: 100, PortionFolders: 10, Lists: 400, Churn: 5000,
            FileBytes: 1L << 30, Reads: 60_000, ScaleFiles: 10_000_000);

    /// <summary>About two minutes.</summary>
    public static BenchSize Quick { get; } =
        new(Rounds: 3, StatMs: 500, Folders: 20, PortionFolders: 10, Lists: 200, Churn: 2000,
            FileBytes: 1L << 28, Reads: 20_000, ScaleFiles: 1_000_000);
}
