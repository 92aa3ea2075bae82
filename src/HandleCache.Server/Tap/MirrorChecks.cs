namespace HandleCache.Server.Tap;

/// <summary>Names of the checks that the mirror makes while traffic passes.</summary>
public static class MirrorChecks
{
    /// <summary>
    /// Every FORGET and BATCH_FORGET entry carries the count the model holds for its nodeid
    /// (R1: old and new generation summed; R2).
    /// </summary>
    public const string ForgetNLookup = "forget-nlookup";

    /// <summary>No request names a nodeid that the model says the kernel no longer has.</summary>
    public const string LiveNodeIds = "live-nodeids";

    /// <summary>
    /// An entry for a nodeid the kernel has brings the same generation, type and handle as
    /// before (T2: a handle never changes during a life).
    /// </summary>
    public const string EntryIdentity = "entry-identity";

    /// <summary>The structural validator finds nothing after the run.</summary>
    public const string CacheValid = "cache-valid";
}
