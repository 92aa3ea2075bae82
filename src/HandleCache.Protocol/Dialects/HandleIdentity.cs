namespace HandleCache.Protocol.Dialects;

/// <summary>
/// By what the kernel finds an inode for an entry, and what of the entry must agree with it for
/// the inode not to be stale (fuse_iget(), fs/fuse/inode.c).
/// </summary>
public sealed record HandleIdentity
{
    /// <summary>Found by nodeid; generation, file type and handle must agree.</summary>
    public static HandleIdentity Sound { get; } = new();

    /// <summary>
    /// The inode is searched by its handle first, so that a server that numbers nodeids afresh
    /// finds it again: it takes the new nodeid then. A reply without a handle is searched by
    /// nodeid.
    /// </summary>
    public bool FoundByHandle { get; init; }

    public bool ComparesGeneration { get; init; } = true;

    /// <summary>The type bits of the mode.</summary>
    public bool ComparesFileType { get; init; } = true;

    /// <summary>Otherwise an inode keeps the first handle that it was given.</summary>
    public bool ComparesHandle { get; init; } = true;
}
