namespace HandleCache.Lab.Guests;

/// <summary>
/// Whether a guest still lives, by what it does and not by the clock: a loaded machine makes it
/// slow and no more. Lost is one that uses processor time without a line, or sleeps without one.
/// </summary>
internal sealed class GuestPulse
{
    /// <summary>It prints a line in 5 s of its own, all processors of its emulator busy.</summary>
    private static readonly TimeSpan MostBusy = TimeSpan.FromSeconds(240);

    /// <summary>Looks, five in a second, in which it had nothing to do.</summary>
    private const int MostAsleep = 750;

    private TimeSpan _atLine;
    private int _asleep;

    /// <summary>It printed a line.</summary>
    /// <param name="used">Processor time of its emulator until now.</param>
    public void Line(TimeSpan used)
    {
        _atLine = used;
        _asleep = 0;
    }

    /// <summary>Looks once.</summary>
    /// <param name="used">Processor time of its emulator until now.</param>
    /// <param name="wantsProcessor">It runs, or would if it were let.</param>
    public bool IsLost(TimeSpan used, bool wantsProcessor)
    {
        if (!wantsProcessor)
            _asleep++;
        return used - _atLine > MostBusy || _asleep > MostAsleep;
    }
}
