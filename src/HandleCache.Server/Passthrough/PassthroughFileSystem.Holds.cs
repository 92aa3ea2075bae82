using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Objects that lose their last name while the kernel has them: no handle opens them any more, so
/// a descriptor is held. Through the mount the loss is seen beforehand, and the descriptor is
/// held until FORGET. In the source it is not: there a stale node makes lookups watchful.
/// </summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>
    /// Lookups that hold what they find, after a node was found stale. The kernel looks a path up
    /// once more when it is told ESTALE (retry_estale(), fs/namei.h), and not a third time: what
    /// that lookup finds must still be there when it is opened. Others look up in between.
    /// </summary>
    private const int WatchfulLookups = 256;

    private int _watchful;

    /// <summary>What a name is about to lose; null where there is nothing.</summary>
    private static FileDescriptor? OpenVictim(FileDescriptor dir, ReadOnlySpan<byte> name) =>
        Files.OpenAt(dir, WithNul(name), PathFlags | OpenFlags.NoFollow, 0, out _);

    /// <summary>The call that takes the name is over, with this errno.</summary>
    private void LoseName(FileDescriptor? victim, Errno errno)
    {
        if (victim is not null && errno == Errno.None)
            HoldIfNameless(victim);
        else
            victim?.Dispose();
    }

    /// <summary>
    /// A name of this object has gone: if it was the last and the kernel has the object, the
    /// descriptor is held until FORGET. Owns the descriptor.
    /// </summary>
    private void HoldIfNameless(FileDescriptor victim)
    {
        if (FileHandles.Get(victim, out FileHandleBuffer handle) == Errno.None
            && Metadata.Statx(victim, StatxMask.BasicStats, out Statx statx) == Errno.None)
        {
            _nodes.MarkSuspect(handle);
            ulong nodeid = statx.NLink == 0 ? _nodes.CountedNode(handle, statx.Mode) : 0;
            if (nodeid != 0)
            {
                Hold(nodeid, victim);
                return;
            }
        }

        victim.Dispose();
    }

    private void Hold(ulong nodeid, FileDescriptor nameless)
    {
        _nameless.Add(nodeid, nameless).Dispose();

        // A FORGET that another worker read meanwhile has found nothing to let go of.
        if (_nodes.NLookup(nodeid) == 0)
            _nameless.Remove(nodeid);
    }

    /// <summary>
    /// The way to an object whose handle no longer opens: held here, or open; else ESTALE.
    /// </summary>
    private DescriptorLease LeaseNameless(ulong nodeid, out Errno errno)
    {
        errno = Errno.None;
        DescriptorLease held = _nameless.TryLease(nodeid);
        if (held.IsNone)
            held = _files.TryLeaseByNode(nodeid);
        if (held.IsNone)
            errno = Stale();
        return held;
    }

    private Errno Stale()
    {
        Volatile.Write(ref _watchful, WatchfulLookups);
        return Errno.ESTALE;
    }

    private bool IsWatchful() =>
        Volatile.Read(ref _watchful) > 0 && Interlocked.Decrement(ref _watchful) >= 0;

    /// <summary>
    /// The entry of a name, whose object is held from here on, as long as the cache has room: it
    /// can be opened even if the name is given to another before that.
    /// </summary>
    private Errno ReplyHeldEntry(
        DescriptorLease dir, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        FileDescriptor? found = Files.OpenAt(
            dir.Descriptor, WithNul(name), PathFlags | OpenFlags.NoFollow, 0, out Errno errno);
        if (found is null)
            return errno;
        errno = WriteEntry(found, ref reply, out ulong nodeid);
        if (errno == Errno.None && nodeid != FuseConstants.FUSE_ROOT_ID)
            _descriptors.Add(nodeid, found).Dispose();
        else
            found.Dispose();
        return errno;
    }
}
