using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// What an fh stands for: an open file or directory of the source. While it is idle it may be
/// parked: its descriptor is closed, and the next request opens the object again by its node.
/// Nothing is lost by that: data and cookies have their offsets in each request, and a file that
/// has no name is never parked. The holder of <see cref="Gate"/> parks, unparks and closes it.
/// </summary>
internal sealed class OpenFile
{
    private SharedDescriptor? _shared;
    private bool _isClosed;

    /// <summary>Used since the clock's hand passed it last.</summary>
    private bool _wasUsed = true;

    /// <param name="descriptor">Owned from here on.</param>
    /// <param name="node">What it is open of.</param>
    /// <param name="flags">To open it with again.</param>
    public OpenFile(FileDescriptor descriptor, ulong node, int flags)
    {
        _shared = new SharedDescriptor(descriptor);
        NodeId = node;
        Flags = flags;
        Stream = (flags & OpenFlags.Directory) != 0 ? new DirectoryStream() : null;
    }

    public Lock Gate { get; } = new();

    public ulong NodeId { get; }

    /// <summary>Of the source's open(2), without what makes or empties a file.</summary>
    public int Flags { get; }

    /// <summary>Where reading the directory stands; null for a file.</summary>
    public DirectoryStream? Stream { get; }

    /// <summary>Its place in the table's order; the table's alone.</summary>
    public LinkedListNode<OpenFile>? Place { get; set; }

    /// <summary>A hold on the descriptor; none while it is parked or closed.</summary>
    public DescriptorLease TryLease()
    {
        if (!Volatile.Read(ref _wasUsed))
            Volatile.Write(ref _wasUsed, true);
        return Volatile.Read(ref _shared) is { } shared && shared.TryHold()
            ? new DescriptorLease(shared)
            : default;
    }

    /// <summary>
    /// The same of a parked file, opened by <paramref name="open"/>; EBADF when it was closed.
    /// </summary>
    public DescriptorLease Unpark(FileOpener open, out bool wasParked, out Errno errno)
    {
        wasParked = false;
        errno = _isClosed ? Errno.EBADF : Errno.None;
        DescriptorLease lease = _isClosed ? default : TryLease();
        if (_isClosed || !lease.IsNone || open(NodeId, Flags, out errno) is not { } descriptor)
            return lease;
        wasParked = true;
        Volatile.Write(ref _shared, new SharedDescriptor(descriptor));
        return TryLease();
    }

    /// <summary>Parks it, unless it was used lately, is in use now, or has no name.</summary>
    public bool TryPark()
    {
        if (_wasUsed || _shared is null)
        {
            Volatile.Write(ref _wasUsed, false);
            return false;
        }

        if (!HasName(_shared.Descriptor) || !_shared.TryEnd())
            return false;
        _shared = null;
        Stream?.Close();
        return true;
    }

    public void Close()
    {
        _isClosed = true;
        Stream?.Close();
        _shared?.Release();
        _shared = null;
    }

    private static bool HasName(FileDescriptor descriptor) =>
        Metadata.Statx(descriptor, StatxMask.BasicStats, out Statx statx) == Errno.None
        && statx.NLink > 0;
}

/// <summary>Opens the object of a node again.</summary>
internal delegate FileDescriptor? FileOpener(ulong nodeid, int flags, out Errno errno);
