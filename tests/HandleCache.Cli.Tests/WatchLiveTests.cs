using HandleCache.Cli.Watch;
using HandleCache.Lab.Watch;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Cli.Tests;

public sealed class WatchLiveTests
{
    [Fact]
    public void The_screen_has_80_columns_and_24_lines_and_rates_since_the_one_before()
    {
        WatchLive live = new(
            TextWriter.Null, new WatchOptions { MountPoint = "/mnt", Command = ["server"] });
        WatchState first = State(seconds: 1, requests: 1000);
        live.Show(first);
        string screen = live.Screen(State(seconds: 1.5, requests: 1100));
        string[] lines = screen.TrimEnd('\n').Split('\n');
        Assert.True(lines.Length <= 24, screen);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Contains("200 requests/s", screen, StringComparison.Ordinal);
    }

    private static WatchState State(double seconds, long requests) => new(
        TimeSpan.FromSeconds(seconds),
        new MirrorStatistics
        {
            Requests = requests,
            Entries = 1,
            SpilledEntries = 0,
            Forgets = 0,
            PartialForgets = 0,
            ExportLookups = 0,
            UndeliveredReplies = 0,
            Inodes = 1_000_000,
            InodesPeak = 2_000_000,
        },
        [.. Enumerable.Range(0, 40).Select(
            n => new LatencyRow($"OPERATION{n}", 1_000_000, 12.5, 1e6, 1e7))],
        961.06, []);
}
