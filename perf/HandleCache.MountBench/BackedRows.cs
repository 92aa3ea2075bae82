using HandleCache.Lab;

namespace HandleCache.MountBench;

/// <summary>
/// Files that the kernel reads and writes by itself, against those of the source: slices below the
/// mount and in the source in turn.
/// </summary>
internal static class BackedRows
{
    private const int Mounted = 0;
    private const int Source = 1;
    private const double LeastShare = 0.9;

    public static ResultRow[] Measure(Contender backed, BenchFolder folder, BenchSize size)
    {
        LoadRunner runner = new(folder.Loads);
        string file = $"{size.FileBytes >> 20} MiB";
        Load[] loads =
        [
            new($"sequential write, {file}, in the kernel", "MB/s", 1e6, "write"),
            new($"sequential read, {file}, in the kernel", "MB/s", 1e6, "read"),
            new("random 4 KiB reads, 1 thread, in the kernel", "reads/s", 1, "random"),
            new("random 4 KiB reads, 4 threads, in the kernel", "reads/s", 1, "random", 4),
            new("random 4 KiB writes, 1 thread, in the kernel", "writes/s", 1, "scatter"),
        ];
        using Arena arena = Arena.Start(folder, [backed], timeoutSeconds: 60, Placement.Free);
        return [.. loads.Select(load => Row(load, runner, size, [arena.Roots[0], folder.Source]))];
    }

    private static ResultRow Row(Load load, LoadRunner runner, BenchSize size, string[] roots)
    {
        Slices slices = new();
        slices.AddPairs(
            runner.Duel(load, size.Slices, size.SliceMs, roots, processor: null),
            roots.Length, load.Divisor);

        RatioEstimate ratio = slices.Ratio(Mounted, Source);
        ResultRow row = new(load.Name, load.Unit, Report.Round(slices.Median(Mounted)))
        {
            Peers = [new Peer("the source", Report.Round(slices.Median(Source)))],
            Bar = $"HandleCache / the source >= {LeastShare}",
            Figure = Report.Round(ratio.Median),
        };
        return Report.Barred(row, ratio.Median >= LeastShare, RowNotes.Interval(ratio));
    }
}
