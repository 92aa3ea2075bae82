using System.Collections.Concurrent;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Open files by fh. An fh is never given out twice. No more of them have a descriptor than the
/// capacity: idle ones are parked (<see cref="OpenFile"/>), found as a clock's hand finds pages.
/// Safe from several threads.
/// </summary>
/// <param name="firstFh">The first fh given out.</param>
/// <param name="capacity">Descriptors at most; the workers may exceed it by one each.</param>
/// <param name="open">Opens a parked file again.</param>
internal sealed class OpenFileTable(ulong firstFh, int capacity, FileOpener open)
{
    private readonly ConcurrentDictionary<ulong, OpenFile> _files = new();
    private readonly Lock _lock = new();

    /// <summary>Those that have a descriptor; the hand stands at the first.</summary>
    private readonly LinkedList<OpenFile> _unparked = new();

    private ulong _lastFh = firstFh - 1;

    public int Count => _files.Count;

    /// <summary>Open files that have a descriptor now.</summary>
    public int DescriptorCount
    {
        get
        {
            lock (_lock)
                return _unparked.Count;
        }
    }

    /// <summary>
    /// Room for one more descriptor, asked before a file is opened or made: EMFILE when what is
    /// open can neither be parked nor closed.
    /// </summary>
    public Errno MakeRoom()
    {
        // Twice round: once to see who is idle, once to park.
        for (int steps = 2 * capacity; steps >= 0; steps--)
        {
            OpenFile idle;
            lock (_lock)
            {
                if (_unparked.Count < capacity)
                    return Errno.None;
                LinkedListNode<OpenFile> hand = _unparked.First!;
                _unparked.RemoveFirst();
                _unparked.AddLast(hand);
                idle = hand.Value;
            }

            lock (idle.Gate)
            {
                if (idle.TryPark())
                    Unlink(idle);
            }
        }

        return Errno.EMFILE;
    }

    /// <summary>Owns the descriptor from here on; gives its fh.</summary>
    public ulong Add(FileDescriptor descriptor, ulong nodeid, int flags)
    {
        ulong fh = Interlocked.Increment(ref _lastFh);
        TryAddAgain(fh, descriptor, nodeid, flags);
        return fh;
    }

    /// <summary>
    /// Opens again under the fh of an earlier life; false when another was faster.
    /// </summary>
    public bool TryAddAgain(ulong fh, FileDescriptor descriptor, ulong nodeid, int flags)
    {
        OpenFile file = new(descriptor, nodeid, flags);
        Link(file);
        if (_files.TryAdd(fh, file))
            return true;
        Close(file);
        return false;
    }

    public bool Contains(ulong fh) => _files.ContainsKey(fh);

    /// <summary>
    /// A hold on an open file's descriptor. EBADF: an unknown fh; ESTALE: an earlier life's, or it
    /// was parked, and its object has lost its last name behind the server's back.
    /// </summary>
    public DescriptorLease Lease(ulong fh, out OpenFile? file, out Errno errno)
    {
        errno = Errno.None;
        if (!_files.TryGetValue(fh, out file))
        {
            errno = fh != 0 && fh < firstFh ? Errno.ESTALE : Errno.EBADF;
            return default;
        }

        DescriptorLease lease = file.TryLease();
        return lease.IsNone ? Unpark(file, out errno) : lease;
    }

    /// <summary>
    /// Any open file of a nodeid: the way to a deleted file whose handle no longer opens. It
    /// looks at every open file, and is asked only when a handle was found stale.
    /// </summary>
    public DescriptorLease TryLeaseByNode(ulong nodeid)
    {
        foreach (OpenFile file in _files.Values)
        {
            if (file.NodeId != nodeid)
                continue;
            DescriptorLease lease = file.TryLease();
            if (!lease.IsNone)
                return lease;
        }

        return default;
    }

    public bool HasNode(ulong nodeid)
    {
        using DescriptorLease lease = TryLeaseByNode(nodeid);
        return !lease.IsNone;
    }

    /// <summary>Closes an open file; false for an unknown fh.</summary>
    public bool Remove(ulong fh, out ulong nodeid)
    {
        nodeid = 0;
        if (!_files.TryRemove(fh, out OpenFile? file))
            return false;
        nodeid = file.NodeId;
        Close(file);
        return true;
    }

    /// <param name="closed">Told the node of each.</param>
    public void CloseAll(Action<ulong> closed)
    {
        foreach (ulong fh in _files.Keys)
        {
            if (Remove(fh, out ulong nodeid))
                closed(nodeid);
        }
    }

    private DescriptorLease Unpark(OpenFile file, out Errno errno)
    {
        errno = MakeRoom();
        if (errno != Errno.None)
            return default;
        lock (file.Gate)
        {
            DescriptorLease lease = file.Unpark(open, out bool wasParked, out errno);
            if (wasParked)
                Link(file);
            return lease;
        }
    }

    private void Close(OpenFile file)
    {
        lock (file.Gate)
        {
            file.Close();
            Unlink(file);
        }
    }

    private void Link(OpenFile file)
    {
        lock (_lock)
            file.Place = _unparked.AddLast(file);
    }

    private void Unlink(OpenFile file)
    {
        lock (_lock)
        {
            if (file.Place is { } place)
                _unparked.Remove(place);
            file.Place = null;
        }
    }
}
