using System.Globalization;
using System.Text.Json.Nodes;

namespace HandleCache.MountBench;

/// <summary>The samples of a run as rows with their bars.</summary>
internal sealed class Report(Bench bench, Contender ours, Contender peer)
{
    private readonly List<ResultRow> _rows = [];

    public IReadOnlyList<ResultRow> Rows => _rows;

    public bool AllMet => _rows.All(row => row.Met != false);

    public void Add(IEnumerable<ResultRow> rows) => _rows.AddRange(rows);

    public void AddLoads()
    {
        foreach (Load load in bench.Loads)
        {
            Samples mine = bench.Of(load, ours);
            Samples theirs = bench.Of(load, peer);
            double ratio = mine.Median / theirs.Median;
            _rows.Add(Barred(
                new ResultRow(load.Name, load.Unit, Round(mine.Median))
                {
                    Peers = [new Peer(peer.Name, Round(theirs.Median))],
                    Bar = $"{ours.Name} / {peer.Name} >= 1",
                    Figure = Round(ratio),
                },
                ratio >= 1,
                $"spread {mine.Spread:P0} here, {theirs.Spread:P0} there"));
        }
    }

    /// <summary>The stat storms over io_uring, against those over /dev/fuse.</summary>
    public void AddRing(Contender ring)
    {
        foreach (Load load in bench.Loads.Where(l => l.ZeroTimeouts))
        {
            Samples there = bench.Of(load, ring);
            Samples here = bench.Of(load, ours);
            double ratio = there.Median / here.Median;
            ResultRow row = new($"{load.Name}, over io_uring", load.Unit, Round(there.Median))
            {
                Peers =
                [
                    new Peer("/dev/fuse", Round(here.Median)),
                    new Peer(peer.Name, Round(bench.Of(load, peer).Median)),
                ],
            };
            _rows.Add(load.Clients > 1
                ? Barred(
                    row with { Bar = "io_uring / (/dev/fuse) >= 2", Figure = Round(ratio) },
                    ratio >= 2, $"spread {there.Spread:P0}")
                : row with { Note = Text($"{ratio:0.00} times /dev/fuse; no bar") });
        }
    }

    public void AddMemory(MemoryRow mine, MemoryRow theirs)
    {
        double ratio = mine.ResidentBytes / theirs.ResidentBytes;
        _rows.Add(Barred(
            new ResultRow("memory per cached inode, resident", "bytes", Round(mine.ResidentBytes))
            {
                Peers = [new Peer(peer.Name, Round(theirs.ResidentBytes))],
                Bar = $"{ours.Name} / {peer.Name} <= 0.5",
                Figure = Round(ratio),
            },
            ratio <= 0.5,
            Text($"over {mine.Inodes:N0} inodes here, {theirs.Inodes:N0} there")));
        if (mine.KernelBytes is not { } mineKernel || theirs.KernelBytes is not { } theirsKernel)
            return;
        double all = (mine.ResidentBytes + mineKernel) / (theirs.ResidentBytes + theirsKernel);
        _rows.Add(Barred(
            new ResultRow("memory per cached inode, with the kernel's for the server", "bytes",
                Round(mine.ResidentBytes + mineKernel))
            {
                Peers = [new Peer(peer.Name, Round(theirs.ResidentBytes + theirsKernel))],
                Bar = $"{ours.Name} / {peer.Name} <= 0.5",
                Figure = Round(all),
            },
            all <= 0.5,
            "open files and descriptor tables, as the memory cgroup counts them"));
    }

    private static ResultRow Barred(ResultRow row, bool met, string facts) => row with
    {
        Met = met,
        Note = met ? facts : $"{facts}; {Causes.Of(row.Name)}",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static double Round(double value) =>
        value == 0 ? 0 : double.Parse(value.ToString("G4", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);

    /// <summary>The machine as perf/machine says it.</summary>
    public static JsonNode Machine() =>
        JsonNode.Parse(Commands.Require(TimeSpan.FromSeconds(10), "perf/machine"))!;
}
