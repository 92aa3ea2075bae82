using System.Globalization;
using System.Text;
using HandleCache.Lab.Watch;

namespace HandleCache.Cli.Watch;

/// <summary>What `watch --live` shows: one screen of 80 by 24, written over itself.</summary>
internal sealed class WatchLive(TextWriter output, WatchOptions options)
{
    private const string HomeAndClear = "\u001b[H\u001b[J";
    private const int MostRows = 14;

    private static readonly CultureInfo Plain = CultureInfo.InvariantCulture;

    private WatchState? _before;

    public void Show(WatchState state)
    {
        output.Write(HomeAndClear + Screen(state));
        output.Flush();
        _before = state;
    }

    /// <summary>Rates are those since the screen before.</summary>
    internal string Screen(WatchState state)
    {
        double seconds = (state.Elapsed - (_before?.Elapsed ?? TimeSpan.Zero)).TotalSeconds;
        double Rate(Func<WatchState, long> count) =>
            (count(state) - (_before is null ? 0 : count(_before))) / Math.Max(seconds, 1e-3);
        StringBuilder text = new();
        text.AppendLine(
            Plain, $"{options.Command[0]} on {options.MountPoint}, {state.Elapsed:hh\\:mm\\:ss}");
        text.AppendLine(
            Plain,
            $"{Rate(s => s.Statistics.Requests):F0} requests/s, "
            + $"{Rate(s => s.Statistics.Entries):F0} entries/s, "
            + $"{Rate(s => s.Statistics.Forgets):F0} forgets/s");
        text.AppendLine(
            Plain,
            $"{state.Statistics.Inodes} inodes, {state.Statistics.InodesPeak} at most, "
            + $"{state.BytesPerInode:F2} bytes each without handles (derived)");
        text.AppendLine(state.FailedChecks.Count == 0
            ? "no check has failed"
            : $"FAILED: {string.Join(", ", state.FailedChecks)}");
        WatchText.Latencies(text, state.Latencies, MostRows);
        return text.ToString();
    }
}
