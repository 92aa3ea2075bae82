using System.Collections.Concurrent;
using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>Open files by fh. An fh is never given out twice. Safe from several threads.</summary>
internal sealed class OpenFileTable(ulong firstFh)
{
    private readonly ConcurrentDictionary<ulong, OpenFile> _files = new();
    private ulong _lastFh = firstFh - 1;

    public int Count => _files.Count;

    /// <summary>Owns the descriptor from here on; gives its fh.</summary>
    public ulong Add(FileDescriptor descriptor, ulong nodeid, bool isDirectory)
    {
        ulong fh = Interlocked.Increment(ref _lastFh);
        _files[fh] = new OpenFile(descriptor, nodeid, isDirectory);
        return fh;
    }

    /// <summary>
    /// Opens again under the fh of an earlier life; false when another was faster.
    /// </summary>
    public bool TryAddAgain(ulong fh, FileDescriptor descriptor, ulong nodeid, bool isDirectory)
    {
        if (_files.TryAdd(fh, new OpenFile(descriptor, nodeid, isDirectory)))
            return true;
        descriptor.Dispose();
        return false;
    }

    public bool Contains(ulong fh) => _files.ContainsKey(fh);

    /// <summary>A hold on an open file's descriptor; none for an unknown fh (EBADF).</summary>
    public DescriptorLease TryLease(ulong fh, out OpenFile? file) =>
        _files.TryGetValue(fh, out file) && file.Shared.TryHold()
            ? new DescriptorLease(file.Shared)
            : default;

    /// <summary>
    /// Any open file of a nodeid: the way to a deleted file whose handle no longer opens. It
    /// looks at every open file, and is asked only when a handle was found stale.
    /// </summary>
    public DescriptorLease TryLeaseByNode(ulong nodeid)
    {
        foreach (OpenFile file in _files.Values)
        {
            if (file.NodeId == nodeid && file.Shared.TryHold())
                return new DescriptorLease(file.Shared);
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
        file.Stream?.Close();
        file.Shared.Release();
        return true;
    }

    public void CloseAll()
    {
        foreach (ulong fh in _files.Keys)
            Remove(fh, out _);
    }
}

/// <summary>What an fh stands for: an open file or directory of the source.</summary>
internal sealed class OpenFile
{
    public OpenFile(FileDescriptor descriptor, ulong nodeid, bool isDirectory)
    {
        Shared = new SharedDescriptor(descriptor);
        NodeId = nodeid;
        Stream = isDirectory ? new DirectoryStream() : null;
    }

    public SharedDescriptor Shared { get; }

    public ulong NodeId { get; }

    /// <summary>Where reading the directory stands; null for a file.</summary>
    public DirectoryStream? Stream { get; }
}
