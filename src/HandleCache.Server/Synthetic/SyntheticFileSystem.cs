using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Synthetic;

/// <summary>
/// A read-only file system that is computed, not stored: any number of objects costs 8 bytes for
/// each that the kernel has looked up (its nlookup). Nodeids are never reused; counts are exact.
/// </summary>
public sealed partial class SyntheticFileSystem : FileSystem
{
    private readonly SyntheticOptions _options;
    private readonly LookupCounts _counts;
    private long _forgetErrors;
    private long _openFiles;

    /// <exception cref="ArgumentOutOfRangeException">An option out of its range.</exception>
    public SyntheticFileSystem(SyntheticOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FixedHandleBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(
            options.FixedHandleBytes, SyntheticHandle.MaxBytes);
        _options = options;
        Tree = new SyntheticTree(options);
        _counts = new LookupCounts(Tree.ObjectCount);

        // The kernel makes the root inode itself, with one lookup (fuse_get_root_inode()).
        _counts.Add(0);
    }

    /// <summary>Ids, names, nodeids and inode numbers.</summary>
    public SyntheticTree Tree { get; }

    /// <summary>FORGETs of more than was given; a sound kernel and server keep it at 0.</summary>
    public long ForgetErrors => Volatile.Read(ref _forgetErrors);

    /// <summary>Nodeids that the kernel holds, the root among them.</summary>
    public long LiveNodeIds => _counts.Live;

    /// <summary>Files and directories open now.</summary>
    public long OpenFiles => Volatile.Read(ref _openFiles);

    /// <summary>nlookup of a nodeid; 0 for one that was never given.</summary>
    public ulong NLookupOf(ulong nodeid) =>
        Tree.TryIdOfNodeId(nodeid, out ulong id) ? (ulong)_counts.Count(id) : 0;

    public override void Forget(ulong nodeid, ulong nlookup)
    {
        if (!Tree.TryIdOfNodeId(nodeid, out ulong id) || !_counts.TryRemove(id, nlookup))
            Interlocked.Increment(ref _forgetErrors);
    }

    public override void TakeBackOpen(ulong fh) => Interlocked.Decrement(ref _openFiles);

    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        Errno errno = Resolve(context.NodeId, out ulong parent);
        if (errno != Errno.None)
            return errno;
        ulong id;
        if (name.SequenceEqual("."u8))
            id = parent;
        else if (name.SequenceEqual(".."u8))
            id = Tree.ParentOf(parent);
        else if (!Tree.IsDirectory(parent))
            return Errno.ENOTDIR;
        else if (!Tree.TryChild(parent, name, out id))
            return Errno.ENOENT;

        Span<byte> handle = stackalloc byte[SyntheticHandle.MaxBytes];
        (uint type, int length) = SyntheticHandle.Fill(_options, id, handle);
        errno = reply.WriteEntry(EntryOf(id), type, handle[..length]);
        if (errno == Errno.None)
            Count(id);
        return errno;
    }

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = Resolve(context.NodeId, out ulong id);
        if (errno != Errno.None)
            return errno;
        fuse_attr_out answer = new() { attr = AttributesOf(id) };
        (answer.attr_valid, answer.attr_valid_nsec) = WireTime(_options.AttrValid);
        reply.Write(answer);
        return Errno.None;
    }

    /// <summary>The same as GETATTR, for dialects whose entries have no attributes.</summary>
    public override Errno Statx(
        in RequestContext context, in fuse_statx_in arguments, ref ReplyBuilder reply)
    {
        Errno errno = Resolve(context.NodeId, out ulong id);
        if (errno == Errno.None)
            reply.Write(StatxAttributes.Of(EntryOf(id)));
        return errno;
    }

    /// <summary>The object of a nodeid, or ESTALE.</summary>
    private Errno Resolve(ulong nodeid, out ulong id)
    {
        bool known = Tree.TryIdOfNodeId(nodeid, out id)
            && (_options.Export == SyntheticExport.Table
                ? _counts.WasEverGiven(id)
                : _counts.Count(id) > 0);
        return known ? Errno.None : Errno.ESTALE;
    }

    /// <summary>To be called before the reply goes out: a FORGET may follow it at once.</summary>
    private void Count(ulong id) => _counts.Add(id);

    private fuse_entry_out EntryOf(ulong id)
    {
        fuse_entry_out entry = new()
        {
            nodeid = Tree.NodeIdOf(id),
            generation = id == 0 ? 0 : _options.Generation,
            attr = AttributesOf(id),
        };
        (entry.entry_valid, entry.entry_valid_nsec) = WireTime(_options.EntryValid);
        (entry.attr_valid, entry.attr_valid_nsec) = WireTime(_options.AttrValid);
        return entry;
    }

    private fuse_attr AttributesOf(ulong id)
    {
        const ulong Time = 1762300800; // 2025-11-05, seconds since 1970.
        bool isDirectory = Tree.IsDirectory(id);
        ulong size = isDirectory ? 4096 : (ulong)SyntheticContent.SizeBytes(_options.Seed, id);
        return new fuse_attr
        {
            ino = SyntheticTree.InoOf(id),
            size = size,
            blocks = (size + 511) / 512,
            atime = Time,
            mtime = Time,
            ctime = Time,
            mode = isDirectory ? FileModes.Directory755 : FileModes.Regular644,
            nlink = !isDirectory ? 1 : id == 0 ? 2 + (uint)_options.Directories : 2,
            uid = _options.Uid,
            gid = _options.Gid,
            blksize = 4096,
        };
    }

    private static (ulong Seconds, uint Nanoseconds) WireTime(TimeSpan time) =>
        ((ulong)(time.Ticks / TimeSpan.TicksPerSecond),
            (uint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
}
