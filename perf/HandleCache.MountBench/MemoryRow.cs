using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>Bytes that a server, and the kernel for it, keep for one cached inode.</summary>
internal sealed record MemoryRow(double ResidentBytes, double? KernelBytes, int Inodes)
{
    private const int Spare = 1000;

    /// <summary>
    /// Lets the kernel cache some folders of files, then many more, and takes the difference.
    /// Before, it caches the first ones and forgets them again, so that what a server needs only
    /// once is not counted. A server that needs a descriptor for each gets as many as its limit
    /// allows.
    /// </summary>
    public static MemoryRow Measure(
        Contender contender, BenchFolder folder, LoadRunner runner, BenchSize size)
    {
        int most = contender.DescriptorPerInode
            ? Math.Min(size.MemoryFolders, (DescriptorLimit() - Spare) / BenchSize.FilesPerFolder)
            : size.MemoryFolders;
        int first = Math.Max(1, most / 5);
        using MemoryGroup? group = MemoryGroup.TryCreate();
        using RunningServer server =
            RunningServer.Start(contender, folder.Source, folder.MountPoint(0), 3600, group);
        runner.Run(Walk(folder, 0, first));
        runner.Empty(folder.MountPoint(0));
        runner.Run(Walk(folder, 0, first));
        (long resident, long? kernel) = (server.ResidentBytes, server.KernelBytes);
        runner.Run(Walk(folder, first, most - first));
        int inodes = (most - first) * BenchSize.FilesPerFolder;
        return new MemoryRow(
            (double)(server.ResidentBytes - resident) / inodes,
            (double?)(server.KernelBytes - kernel) / inodes,
            inodes);
    }

    private static string[] Walk(BenchFolder folder, int first, int count) =>
    [
        "walk",
        .. Enumerable.Range(first, count).Select(
            i => string.Create(
                CultureInfo.InvariantCulture, $"{folder.MountPoint(0)}/{BenchFolder.Many}/d{i}")),
    ];

    private static int DescriptorLimit()
    {
        string line = File.ReadLines("/proc/self/limits")
            .First(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line["Max open files".Length..]
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, CultureInfo.InvariantCulture, out int limit)
            ? limit
            : int.MaxValue;
    }
}
