namespace HandleCache.Model.Traffic;

/// <summary>Names of what traffic is checked for, on the wire or from a trace.</summary>
public static class TrafficChecks
{
    /// <summary>
    /// Every FORGET takes back the lookups that the model holds for its nodeid (R1: old and new
    /// generation summed; R2), or fewer where a reply has brought the nodeid again meanwhile.
    /// </summary>
    public const string ForgetNLookup = "forget-nlookup";

    /// <summary>No request names a nodeid that was forgotten or never given.</summary>
    public const string LiveNodeIds = "live-nodeids";

    /// <summary>
    /// An entry for a nodeid the kernel has brings the same generation, type and handle as
    /// before (T2: a handle never changes during a life).
    /// </summary>
    public const string EntryIdentity = "entry-identity";

    /// <summary>What the recorder had at the end of a mount is what the replay has.</summary>
    public const string FinalState = "final-state";

    /// <summary>A walk over every structure of the model finds nothing.</summary>
    public const string CacheValid = "cache-valid";
}

/// <summary>One check, counted as it goes; one that compared nothing says nothing.</summary>
public sealed class CheckCount(string name)
{
    /// <summary>Of what has no place in a trace.</summary>
    public const long Nowhere = -1;

    public string Name { get; } = name;

    /// <summary>Comparisons made.</summary>
    public long Compared { get; set; }

    /// <summary>Comparisons that failed.</summary>
    public long Mismatches { get; private set; }

    /// <summary>Offset in the trace of the first mismatch, in bytes; 0 for none.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>The first mismatch in words; null when there is none.</summary>
    public string? FirstMismatch { get; private set; }

    /// <summary>A comparison that <see cref="Compared"/> counts already failed.</summary>
    /// <param name="offset">Its byte of the trace, or <see cref="Nowhere"/>.</param>
    /// <param name="explanation">What failed, in words.</param>
    public void Fail(long offset, string explanation)
    {
        Mismatches++;
        if (FirstMismatch is not null)
            return;
        FirstOffset = Math.Max(offset, 0);
        FirstMismatch = offset < 0 ? explanation : $"byte {offset}: {explanation}";
    }
}
