using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>One row: what the clients do on a mount, and in what unit it is counted.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Unit">Of the figure; always more is better.</param>
/// <param name="Divisor">Work units of <c>loads</c> in one of this unit.</param>
/// <param name="Commands">
/// Arguments of <c>loads</c> for each portion; between two the kernel's cache is emptied.
/// </param>
/// <param name="ZeroTimeouts">
/// Names and attributes are asked for each time; else they are valid for 60 s.
/// </param>
/// <param name="Clients">Threads of the load.</param>
internal sealed record Load(
    string Name,
    string Unit,
    double Divisor,
    string[][] Commands,
    bool ZeroTimeouts = false,
    int Clients = 1)
{
    /// <summary>All loads, in the order they run on a mount.</summary>
    /// <param name="root">The mount point.</param>
    /// <param name="size">How much of each.</param>
    public static Load[] All(string root, BenchSize size)
    {
        string big = $"{root}/big";
        return
        [
            Stat(root, size, 1),
            Stat(root, size, 2),
            Stat(root, size, 4),
            new($"find over {Count(size.Folders * BenchSize.FilesPerFolder)} files", "files/s", 1,
                Portions(root, size)),
            new("READDIRPLUS, 1,000 entries", "entries/s", 1,
                [["list", $"{root}/tree/d0", Plain(size.Lists)]]),
            new("create and unlink", "files/s", 1, [["churn", $"{root}/churn", Plain(size.Churn)]]),
            new($"sequential write, {size.FileBytes >> 20} MiB", "MB/s", 1e6,
                [["write", big, Plain(size.FileBytes)]]),
            new($"sequential read, {size.FileBytes >> 20} MiB", "MB/s", 1e6, [["read", big]]),
            new("random 4 KiB reads, 1 thread", "reads/s", 1, [["random", big, Plain(size.Reads), "1"]]),
            new("random 4 KiB reads, 4 threads", "reads/s", 1,
                [["random", big, Plain(size.Reads), "4"]]),
        ];
    }

    private static Load Stat(string root, BenchSize size, int threads) => new(
        $"stat storm, {threads} thread{(threads == 1 ? "" : "s")}", "stats/s", 1,
        [["stat", $"{root}/flat", Plain(BenchSize.StatFiles), Plain(threads), Plain(size.StatMs)]],
        ZeroTimeouts: true,
        Clients: threads);

    private static string[][] Portions(string root, BenchSize size) =>
    [
        .. Enumerable.Range(0, size.Folders).Chunk(size.PortionFolders)
            .Select(chunk => (string[])["walk", .. chunk.Select(i => $"{root}/tree/d{Plain(i)}")]),
    ];

    private static string Plain(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Count(long number) =>
        number.ToString("N0", CultureInfo.InvariantCulture);
}
