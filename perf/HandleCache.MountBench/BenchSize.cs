namespace HandleCache.MountBench;

/// <summary>How much is done: <c>full</c> as the bars ask, <c>quick</c> to see the shape.</summary>
/// <param name="Rounds">Times that all servers are started again.</param>
/// <param name="Slices">Of a load below each mount in a round, after one to warm up.</param>
/// <param name="SliceMs">Length of a slice.</param>
/// <param name="PinnedSlices">As those, for each placement on fixed processors.</param>
/// <param name="RingClients">Threads of the loads over io_uring.</param>
/// <param name="Folders">Of the tree for find.</param>
/// <param name="PortionFolders">Walked before the kernel's cache is emptied.</param>
/// <param name="FileBytes">Of the file that is read and written.</param>
/// <param name="MemoryFolders">Whose inodes are cached to count their memory.</param>
/// <param name="ScaleFiles">Through one mount at once.</param>
internal sealed record BenchSize(
    int Rounds, int Slices, int SliceMs, int PinnedSlices, int[] RingClients, int Folders,
    int PortionFolders, long FileBytes, int MemoryFolders, int ScaleFiles)
{
    public const int FilesPerFolder = 1000;

    /// <summary>
    /// Few, so that a server that searches a list for them is not held back by it.
    /// </summary>
    public const int StatFiles = 100;

    /// <summary>As the bars ask.</summary>
    public static BenchSize Full { get; } =
        new(Rounds: 3, Slices: 10, SliceMs: 200, PinnedSlices: 8, RingClients: [1, 2, 4],
            Folders: 100, PortionFolders: 10, FileBytes: 1L << 30, MemoryFolders: 400,
            ScaleFiles: 10_000_000);

    /// <summary>To see the shape.</summary>
    public static BenchSize Quick { get; } =
        new(Rounds: 1, Slices: 8, SliceMs: 150, PinnedSlices: 4, RingClients: [1, 4],
            Folders: 20, PortionFolders: 10, FileBytes: 1L << 28, MemoryFolders: 100,
            ScaleFiles: 1_000_000);
}
