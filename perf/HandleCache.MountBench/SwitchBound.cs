namespace HandleCache.MountBench;

/// <summary>
/// What a stat through any FUSE server costs at least, measured without FUSE: a stat on the source
/// itself, and two threads of one processor that wake each other in turn. With zero timeouts a stat
/// is two requests (LOOKUP, GETATTR); each switches to the server and back.
/// </summary>
/// <param name="StatUs">One stat on the source, microseconds.</param>
/// <param name="TurnsUs">To another thread of the same processor and back, microseconds.</param>
internal sealed record SwitchBound(double StatUs, double TurnsUs)
{
    private const int Times = 5;
    private const int SliceMs = 100;

    /// <summary>The best of several, since a bound is asked for.</summary>
    public static SwitchBound Measure(LoadRunner runner, string source)
    {
        string processor = Placement.Together.Clients()!;
        Load stat = new("stat", "stats/s", 1, "stat");
        double stats = runner.Duel(stat, Times, SliceMs, [source], processor)
            .Max(slice => slice.PerSecond);
        double turns = Enumerable.Range(0, Times)
            .Max(_ => runner.RunOn(processor, "turns", $"{SliceMs}").PerSecond);
        return new SwitchBound(1e6 / stats, 1e6 / turns);
    }
}
