namespace HandleCache.Model.Replay;

/// <summary>One check of a replay, counted as it goes.</summary>
public sealed class ReplayCheck(string name)
{
    public string Name { get; } = name;

    public long Compared { get; internal set; }

    public long Mismatches { get; private set; }

    /// <summary>Offset in the trace of the first mismatch, in bytes; 0 for none.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>The first mismatch in words; null when there is none.</summary>
    public string? FirstMismatch { get; private set; }

    internal void Fail(long offset, string explanation)
    {
        Mismatches++;
        if (FirstMismatch is not null)
            return;
        FirstOffset = offset;
        FirstMismatch = $"byte {offset}: {explanation}";
    }
}
