using System.Globalization;
using HandleCache.Lab;

namespace HandleCache.MountBench;

/// <summary>
/// Our server over io_uring beside itself over /dev/fuse: it must not be behind in anything.
/// </summary>
internal static class RingRows
{
    private const int Device = 0;
    private const int Ring = 1;

    /// <summary>Of the lower end of the interval.</summary>
    private const double Least = 0.95;

    private static readonly (string Name, string Unit, string Kind)[] _kinds =
    [
        ("stat storm", "stats/s", "stat"),
        ("READDIRPLUS, 1,000 entries", "entries/s", "list"),
        ("random 4 KiB reads", "reads/s", "random"),
        ("random 4 KiB writes", "writes/s", "scatter"),
    ];

    public static ResultRow[] Measure(
        Contender device, Contender ring, BenchFolder folder, BenchSize size)
    {
        LoadRunner runner = new(folder.Loads);
        (Load Load, Slices Slices)[] rows =
        [
            .. _kinds.SelectMany(kind => size.RingClients.Select(clients => (
                new Load(
                    Name(kind.Name, clients), kind.Unit, 1, kind.Kind, clients,
                    ZeroTimeouts: kind.Kind == "stat"),
                new Slices()))),
        ];
        for (int round = 0; round < size.Rounds; round++)
        {
            foreach (var some in rows.GroupBy(row => (row.Load.ZeroTimeouts, Where(row.Load))))
            {
                (bool zero, Placement placement) = some.Key;
                using Arena arena = Arena.Start(
                    folder, [device, ring], zero ? 0 : Bench.CachedSeconds, placement);
                foreach ((Load load, Slices slices) in some)
                {
                    slices.AddPairs(
                        runner.Duel(
                            load, size.Slices, size.SliceMs, arena.Roots, placement.Clients()),
                        arena.Roots.Length, load.Divisor);
                }
            }
        }

        return [.. rows.Select(row => Row(row.Load, row.Slices))];
    }

    /// <summary>As the rows beside the peer: one client and its server take turns.</summary>
    private static Placement Where(Load load) =>
        load.Clients == 1 ? Placement.Together : Placement.Free;

    private static string Name(string kind, int clients) => string.Create(
        CultureInfo.InvariantCulture,
        $"{kind}, {clients} thread{(clients == 1 ? "" : "s")}, over io_uring");

    private static ResultRow Row(Load load, Slices slices)
    {
        RatioEstimate ratio = slices.Ratio(Ring, Device);
        return new ResultRow(load.Name, load.Unit, Report.Round(slices.Median(Ring)))
        {
            Peers = [new Peer("/dev/fuse", Report.Round(slices.Median(Device)))],
            Bar = string.Create(
                CultureInfo.InvariantCulture,
                $"io_uring / (/dev/fuse), lower end of 95 %, >= {Least}"),
            Figure = Report.Round(ratio.Low),
            Met = ratio.Low >= Least,
            Note = string.Create(
                CultureInfo.InvariantCulture, $"{ratio.Median:0.00}; {RowNotes.Interval(ratio)}")
                + (Where(load) == Placement.Together ? ", all on one processor" : ""),
        };
    }
}
