using System.Globalization;
using System.Text.Json.Nodes;
using HandleCache.Lab;

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
            LoadResult result = bench.Of(load);
            Slices shown = result[result.Shown];
            RatioEstimate ratio = shown.Ratio(Bench.Ours, Bench.Theirs);
            _rows.Add(Barred(
                new ResultRow(load.Name, load.Unit, Round(shown.Median(Bench.Ours)))
                {
                    Peers = [new Peer(peer.Name, Round(shown.Median(Bench.Theirs)))],
                    Bar = $"{ours.Name} / {peer.Name} >= 1",
                    Figure = Round(ratio.Median),
                },
                ratio.Median >= 1,
                RowNotes.Of(load, result)));
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
            Text($"over {mine.Inodes:N0} inodes here, {theirs.Inodes:N0} there; ")
            + NodeBytes.Describe(mine.Inodes)));
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

    internal static ResultRow Barred(ResultRow row, bool met, string facts) => row with
    {
        Met = met,
        Note = !met && Causes.Of(row.Name) is { } cause ? $"{facts}; {cause}" : facts,
    };

    private static string Text(FormattableString text) => text.ToString(
        CultureInfo.InvariantCulture);

    internal static double Round(double value) =>
        value == 0 ? 0 : double.Parse(value.ToString("G4", CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);

    /// <summary>The machine as perf/machine says it.</summary>
    public static JsonNode Machine() =>
        JsonNode.Parse(Commands.Require(TimeSpan.FromSeconds(10), "perf/machine"))!;
}
