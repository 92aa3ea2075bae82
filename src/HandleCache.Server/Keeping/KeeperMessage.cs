using System.Runtime.InteropServices;

namespace HandleCache.Server.Keeping;

/// <summary>What keeper and server say to each other over the socket.</summary>
internal enum KeeperVerb : uint
{
    None,

    /// <summary>Server: I have started and can serve at once. No answer.</summary>
    Ready,

    /// <summary>
    /// Keeper: your life, the sizes; the kernel's INIT follows, descriptors come along.
    /// </summary>
    Hello,

    /// <summary>Server: my answer to INIT follows. Keeper: None when it stands.</summary>
    Init,

    /// <summary>Server: take records from the log. No answer.</summary>
    Wake,

    /// <summary>Server: which handle is behind this nodeid?</summary>
    Handle,

    /// <summary>Server: which nodeid does the kernel have for the handle that follows?</summary>
    NodeId,

    /// <summary>Server: what was this fh opened with?</summary>
    File,

    /// <summary>Keeper: there is none.</summary>
    Nothing,
}

/// <summary>Head of a message; what follows depends on the verb.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct KeeperMessage
{
    public KeeperVerb Verb;

    /// <summary>Life of the server, type of the handle, or flags of the file.</summary>
    public uint Number;

    /// <summary>Nodeid or fh.</summary>
    public ulong Id;

    /// <summary>Nodeid of the file; size of a receive buffer in Hello.</summary>
    public ulong Other;

    /// <summary>1 for a directory; for a nodeid that the kernel has forgotten.</summary>
    public uint Flag;

    /// <summary>Bytes that follow.</summary>
    public uint TailBytes;
}
