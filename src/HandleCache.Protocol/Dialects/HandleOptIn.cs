namespace HandleCache.Protocol.Dialects;

/// <summary>How kernel and server come to agree that handles travel.</summary>
public enum HandleOptIn
{
    /// <summary>Never: there are none.</summary>
    None,

    /// <summary>A bit in INIT, and the server's maximum in fuse_init_out.</summary>
    InitBitAndMaximum,

    /// <summary>A bit in INIT; the maximum is the protocol's.</summary>
    InitBit,

    /// <summary>By the type of the file system that is mounted; INIT says nothing.</summary>
    FileSystemType,
}
