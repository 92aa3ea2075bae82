namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What one world over one crash came to; the same for every crash like it.</summary>
internal sealed class WorldOutcome(RestartWorld world, WorldProbe probe)
{
    private readonly WorldTally _tally = world.Tally;
    private readonly int _restarts = world.Restarts;
    private readonly bool _isUnbalanced = world.Unbalanced() is not null;

    /// <summary>Whether an object was mistaken for another.</summary>
    public bool IsWrong => _tally.WrongObject > 0;

    /// <summary>Adds it to a row.</summary>
    public void CountInto(RestartModelRow row, bool storm)
    {
        row.Worlds++;
        row.Restarts += _restarts;
        row.WrongObject += _tally.WrongObject;
        row.Refused += _tally.Refused;
        row.StaleAttributes += _tally.StaleAttributes;
        row.Hung += _tally.Hung;
        row.AnsweredTwice += _tally.AnsweredTwice;
        row.Unbalanced += _isUnbalanced ? 1 : 0;
        if (storm)
        {
            row.StormRequests += probe.Requests;
            row.StormToFirstAnswer = Math.Max(
                row.StormToFirstAnswer, probe.RequestsToFirstAnswer);
            return;
        }

        row.Recovered += probe.Recovered;
        row.Stale += probe.Stale;
        row.Gone += probe.Gone;
        row.LazyRequests += probe.Requests;
        row.LazyToFirstAnswer = Math.Max(row.LazyToFirstAnswer, probe.RequestsToFirstAnswer);
    }
}
