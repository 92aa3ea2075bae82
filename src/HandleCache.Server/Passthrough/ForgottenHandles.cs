namespace HandleCache.Server.Passthrough;

/// <summary>What a server does with a nodeid that the kernel has forgotten.</summary>
public enum ForgottenHandles
{
    /// <summary>Drops it: an exported handle is stale once the kernel evicted the inode.</summary>
    Drop,

    /// <summary>
    /// Remembers nodeid and handle as long as the file exists, so that LOOKUP of "." finds it
    /// again (export mode <c>table</c>; needs FUSE_EXPORT_SUPPORT).
    /// </summary>
    Remember,
}
