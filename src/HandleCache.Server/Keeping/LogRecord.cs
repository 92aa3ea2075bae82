using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Keeping;

/// <summary>What a server tells its keeper in the log.</summary>
internal enum LogKind : uint
{
    None,

    /// <summary>
    /// An entry is about to reach the kernel: one lookup of a nodeid and its handle.
    /// </summary>
    Entry,

    /// <summary>An open file is about to reach the kernel.</summary>
    Opened,

    /// <summary>RELEASE or RELEASEDIR of an fh has been done.</summary>
    Closed,

    /// <summary>
    /// The kernel took lookups back; Unique is the receive's number, not a request's.
    /// </summary>
    Forget,

    /// <summary>
    /// The kernel did not take the reply of this unique: all it brought goes back.
    /// </summary>
    Undo,

    /// <summary>A request came again after a restart; its earlier reply was never taken.</summary>
    Resent,

    /// <summary>
    /// A request applied before the crash was settled (Detail: the rule; Count: 1 known, 0 not).
    /// </summary>
    Settled,

    /// <summary>ESTALE went to the kernel after a handle had been tried.</summary>
    Stale,

    /// <summary>A nodeid or an open file of an earlier life was bound again.</summary>
    Rebound,
}

/// <summary>One slot of the log (192 bytes); Commit is written last.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LogRecord
{
    /// <summary>The record's sequence number plus one once all else is written.</summary>
    public ulong Commit;
    public LogKind Kind;
    public uint Worker;
    public ulong Unique;
    public ulong NodeId;

    /// <summary>Generation, fh, or number of lookups, by kind.</summary>
    public ulong Value;

    /// <summary>Mode, open flags, opcode, by kind.</summary>
    public uint Detail;

    /// <summary>1 for a directory's fh; the outcome of a settled request.</summary>
    public uint Count;
    public uint HandleType;
    public uint HandleBytes;
    public HandleField Handle;
    private ulong _padding;

    [InlineArray(FuseConstants.MAX_HANDLE_SZ)]
    internal struct HandleField
    {
        private byte _first;
    }
}
