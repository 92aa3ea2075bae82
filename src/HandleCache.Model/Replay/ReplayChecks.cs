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
