using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>What io_uring can save here, from what the run has measured.</summary>
/// <param name="oneClient">The stat storm of one client, with all servers on one processor.</param>
/// <param name="bound">What no server can exceed.</param>
/// <param name="peer">The peer's name.</param>
internal sealed class RingNotes(LoadResult oneClient, SwitchBound bound, string peer)
{
    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    public string Facts(Slices slices)
    {
        RatioEstimate overDevice = slices.Ratio(Bench.Ring, Bench.Ours);
        RatioEstimate overPeer = slices.Ratio(Bench.Ring, Bench.Theirs);
        return string.Create(Plain,
            $"{overDevice.Median:0.00} times /dev/fuse, {RowNotes.Interval(overDevice)}; "
            + $"{overPeer.Median:0.00} times {peer} ({overPeer.Low:0.00} to {overPeer.High:0.00}), "
            + $"which reads /dev/fuse; placed by the scheduler");
    }

    /// <summary>
    /// With all processors busy no wake-up goes to another one. What is left of a request can be
    /// seen on one processor alone.
    /// </summary>
    /// <param name="device">Stats a second over /dev/fuse.</param>
    public string Cause(double device)
    {
        Slices alone = oneClient[Placement.Together];
        RatioEstimate ratio = alone.Ratio(Bench.Ring, Bench.Ours);
        double ring = alone.Median(Bench.Ring);
        double all = Environment.ProcessorCount * ring;
        double us = 1e6 / ring;
        return string.Create(Plain,
            $"where no wake-up leaves its processor (one client, all on one) io_uring does "
            + $"{ratio.Median:0.00} times /dev/fuse ({ratio.Low:0.00} to {ratio.High:0.00}): "
            + $"{us:0.0} us a stat, of which two switches to the server and back are "
            + $"{2 * bound.TurnsUs:0.0} us and two walks to the name {2 * bound.StatUs:0.0} us "
            + $"even "
            + $"without FUSE (futex turns, stat on the source, in this run); "
            + $"{Environment.ProcessorCount} such processors do {all:N0} stats/s, the bar asks for "
            + $"{2 * device:N0}{(all < 2 * device ? ", out of reach on this machine" : "")}");
    }
}
