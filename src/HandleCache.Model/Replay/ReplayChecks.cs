namespace HandleCache.Model.Replay;

/// <summary>Names of what a replay holds a trace to.</summary>
public static class ReplayChecks
{
    /// <summary>No FORGET takes what was not given (R2).</summary>
    public const string ForgetNLookup = "forget-nlookup";

    /// <summary>No request names a nodeid that was forgotten or never given.</summary>
    public const string LiveNodeIds = "live-nodeids";

    /// <summary>Generation, type and handle of a nodeid do not change during a life (T2).</summary>
    public const string EntryIdentity = "entry-identity";

    /// <summary>What the recorder held at the end of a mount is what the replay holds.</summary>
    public const string FinalState = "final-state";

    /// <summary>A walk over every structure of the model finds nothing.</summary>
    public const string CacheValid = "cache-valid";
}

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
