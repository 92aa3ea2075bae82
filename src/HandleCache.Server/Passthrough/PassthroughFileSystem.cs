using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Serves a directory by handle: an inode is its file handle, opened when needed, and only a
/// bounded set of O_PATH descriptors stays open, so that 10 million inodes need no more
/// descriptors than 10. Mount it with default_permissions: the kernel judges access, this file
/// system does as it is told.
/// </summary>
/// <remarks>
/// Safe from several threads. Threads that make files get a umask of their own (CLONE_FS), so
/// they no longer share the working directory with the rest of the process.
/// </remarks>
public sealed partial class PassthroughFileSystem : FileSystem, IDisposable
{
    private const int PathFlags = OpenFlags.Path;

    private readonly PassthroughOptions _options;
    private readonly SourceTree _source;
    private readonly SharedDescriptor _root;
    private readonly NodeTable _nodes;
    private readonly StatelessNodes? _stateless;
    private readonly DescriptorCache _descriptors;
    private readonly DescriptorCache _nameless;
    private readonly OpenFileTable _files;
    private readonly BackedInodes _backed = new();
    private readonly ThreadLocal<CallerScope.ThreadUmask> _umask = new(() => new());
    private readonly (ulong Seconds, uint Nanoseconds) _entryValid;
    private readonly (ulong Seconds, uint Nanoseconds) _attributeValid;
    private readonly (ulong Seconds, uint Nanoseconds) _directoryValid;

    private volatile bool _writeback;

    /// <exception cref="HandlesNotSupportedException">The source has no file handles.</exception>
    /// <exception cref="LinuxException">No such directory, or no rights.</exception>
    public PassthroughFileSystem(string source, PassthroughOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _entryValid = Split(options.EntryValid);
        _attributeValid = Split(options.AttributeValid);
        _directoryValid = Split(options.DirectoryAttributeValid ?? options.AttributeValid);
        _source = new SourceTree(source);
        _root = new SharedDescriptor(_source.Root);
        _stateless = options.Forgotten == ForgottenHandles.Stateless
            ? StatelessNodes.For(_source.RootHandle)
            : null;
        _nodes = new NodeTable(
            _source.RootHandle, options.Forgotten, options.FirstNodeId, options.KnownNodes,
            _stateless);
        DescriptorShares shares = options.MostDescriptors is { } most
            ? DescriptorShares.Of((ulong)most, 0, options.CachedDescriptors)
            : DescriptorShares.OfProcess(options.CachedDescriptors);
        _files = new OpenFileTable(options.FirstFh, shares.OpenFiles, OpenNode);
        _descriptors = new DescriptorCache(shares.Cached);
        _nameless = new DescriptorCache(shares.Nameless);
    }

    /// <summary>Nodes known, the root and remembered ones included.</summary>
    public int NodeCount => _nodes.Count;

    /// <summary>Nodes the kernel has forgotten and this server remembers.</summary>
    public int RememberedCount => _nodes.Remembered;

    /// <summary>
    /// O_PATH descriptors open now, at most <see cref="PassthroughOptions"/> allow.
    /// </summary>
    public int CachedDescriptorCount => _descriptors.Count;

    /// <summary>Descriptors of objects that have no name, held until FORGET.</summary>
    public int NamelessCount => _nameless.Count;

    /// <summary>Open files and directories of the kernel's callers.</summary>
    public int OpenFileCount => _files.Count;

    /// <summary>Those of them that have a descriptor now: the others are parked.</summary>
    public int OpenDescriptorCount => _files.DescriptorCount;

    /// <summary>Inodes that are open and that the kernel reads and writes by itself.</summary>
    public int BackedInodeCount => _backed.Count;

    /// <summary>Memory of the table of nodes, in bytes.</summary>
    public long NodeMemoryBytes => _nodes.MemoryBytes;

    /// <summary>Whether the source's handles can be nodeids.</summary>
    public bool IsStateless => _stateless is not null;

    /// <summary>The kernel's lookup count of a nodeid as this server holds it.</summary>
    public ulong NLookup(ulong nodeid) => _nodes.NLookup(nodeid);

    public override void UseBacking(IBackingFiles files) => _backed.Begin(files);

    public override void Initialized(FuseInitFlags accepted) =>
        _writeback = (accepted & FuseInitFlags.FUSE_WRITEBACK_CACHE) != 0;

    public override void Destroyed()
    {
        _files.CloseAll(_backed.Leave);
        _descriptors.Dispose();
        _nameless.Dispose();
    }

    public void Dispose()
    {
        Destroyed();
        _nodes.Dispose();
        _root.Release();
        _source.Dispose();
        _umask.Dispose();
    }

    public override void Forget(ulong nodeid, ulong nlookup)
    {
        ForgetResult result = _nodes.Forget(nodeid, nlookup);
        if (result == ForgetResult.Held)
            return;
        _descriptors.Remove(nodeid);
        _nameless.Remove(nodeid);
        if (result == ForgetResult.RememberedSuspect)
            DropIfGone(nodeid);
    }

    /// <summary>Closes what the kernel never took.</summary>
    public override void TakeBackOpen(ulong fh) => Close(fh);

    /// <summary>
    /// A descriptor of a node's object, O_PATH or better: cached, opened by handle, or, for one
    /// without a name, held or open. ESTALE: unknown, or no more.
    /// </summary>
    private DescriptorLease Resolve(ulong nodeid, out Errno errno)
    {
        errno = Errno.None;
        if (nodeid == FuseConstants.FUSE_ROOT_ID)
        {
            if (_root.TryHold())
                return new DescriptorLease(_root);
            errno = Errno.ESTALE;
            return default;
        }

        DescriptorLease cached = _descriptors.TryLease(nodeid);
        if (!cached.IsNone)
            return cached;
        if (!_nodes.TryGetHandle(nodeid, out FileHandleBuffer handle))
        {
            errno = Errno.ESTALE;
            return default;
        }

        FileDescriptor? opened = _source.OpenPath(handle, out errno);
        if (opened is not null)
            return _descriptors.Add(nodeid, opened);
        return errno == Errno.ESTALE ? LeaseNameless(nodeid, out errno) : default;
    }

    /// <summary>The descriptor of an fh if one is given and known, else that of the node.</summary>
    private DescriptorLease ResolveFh(bool hasFh, ulong fh, ulong nodeid, out Errno errno)
    {
        errno = Errno.None;
        DescriptorLease open = hasFh ? _files.Lease(fh, out _, out _) : default;
        return open.IsNone ? Resolve(nodeid, out errno) : open;
    }

    /// <summary>Attributes and handle of an object, as an entry without a nodeid yet.</summary>
    private Errno Describe(
        FileDescriptor descriptor, out fuse_entry_out entry, out FileHandleBuffer handle)
    {
        entry = default;
        Errno errno = FileHandles.Get(descriptor, out handle);
        if (errno != Errno.None)
            return errno;
        errno = Metadata.Statx(descriptor, StatxMask.BasicStats, out Statx statx);
        if (errno != Errno.None)
            return errno;
        FillEntry(statx, ref entry);
        return Errno.None;
    }

    /// <summary>
    /// The same of a name, without opening it where handle and attributes are sure to be of one
    /// object (<see cref="HandleInode"/>).
    /// </summary>
    private Errno Describe(
        DescriptorLease dir,
        ReadOnlySpan<byte> nameWithNul,
        out fuse_entry_out entry,
        out FileHandleBuffer handle)
    {
        entry = default;
        Errno errno = FileHandles.Get(dir.Held, nameWithNul, 0, out handle);
        if (errno != Errno.None)
            return errno;
        errno = Metadata.Statx(
            dir.Held, nameWithNul, AtFlags.SymlinkNoFollow, StatxMask.BasicStats,
            out Linux.Statx statx);
        if (errno != Errno.None)
            return errno;
        if (HandleInode.Confirms(handle, statx.Ino))
        {
            FillEntry(statx, ref entry);
            return Errno.None;
        }

        using FileDescriptor? opened =
            Files.OpenAt(
                dir.Descriptor, nameWithNul, PathFlags | OpenFlags.NoFollow, 0, out errno);
        return opened is null ? errno : Describe(opened, out entry, out handle);
    }

    private void FillEntry(in Linux.Statx statx, ref fuse_entry_out entry)
    {
        (entry.entry_valid, entry.entry_valid_nsec) = _entryValid;
        (entry.attr_valid, entry.attr_valid_nsec) = AttributeValid(statx);
        entry.attr = WireAttributes.From(statx);
    }

    private (ulong Seconds, uint Nanoseconds) AttributeValid(in Linux.Statx statx) =>
        FileModes.IsDirectory(statx.Mode) ? _directoryValid : _attributeValid;

    /// <summary>Writes the entry of a name and counts one lookup; none when it fails.</summary>
    private Errno ReplyEntry(DescriptorLease dir, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (IsWatchful())
            return ReplyHeldEntry(dir, name, ref reply);
        Errno errno =
            Describe(dir, WithNul(name), out fuse_entry_out entry, out FileHandleBuffer handle);
        return errno == Errno.None ? WriteEntry(entry, handle, ref reply, out _) : errno;
    }

    /// <summary>Writes an entry and counts one lookup; none when it fails.</summary>
    private Errno WriteEntry(FileDescriptor found, ref ReplyBuilder reply, out ulong nodeid)
    {
        nodeid = 0;
        Errno errno = Describe(found, out fuse_entry_out entry, out FileHandleBuffer handle);
        return errno == Errno.None ? WriteEntry(entry, handle, ref reply, out nodeid) : errno;
    }

    private Errno WriteEntry(
        fuse_entry_out entry,
        in FileHandleBuffer handle,
        ref ReplyBuilder reply,
        out ulong nodeid)
    {
        nodeid = _nodes.Acquire(handle, entry.attr.mode);
        SetNode(ref entry, nodeid);
        Errno errno = reply.WriteEntry(entry, (uint)handle.Type, handle.Bytes);
        if (errno != Errno.None)
            Forget(nodeid, 1);
        return errno;
    }

    private void SetNode(ref fuse_entry_out entry, ulong nodeid)
    {
        entry.nodeid = nodeid;
        entry.generation = nodeid == FuseConstants.FUSE_ROOT_ID ? 0
            : _stateless is not null && StatelessNodes.IsHandle(nodeid)
                ? StatelessNodes.Generation
                : _options.Generation;
    }

    /// <summary>
    /// Ends the memory of a node that the kernel has forgotten, if its file is no more.
    /// </summary>
    private void DropIfGone(ulong nodeid)
    {
        if (!_nodes.TryGetHandle(nodeid, out FileHandleBuffer handle))
            return;
        using FileDescriptor? opened = _source.OpenPath(handle, out Errno errno);
        if (errno == Errno.ESTALE)
            _nodes.DropIfForgotten(nodeid);
    }

    /// <summary>
    /// Closes an open file. It may have been the last hold on a deleted file, whose node the
    /// kernel can have forgotten meanwhile: RELEASE and FORGET come in any order.
    /// </summary>
    private Errno Close(ulong fh)
    {
        if (!_files.Remove(fh, out ulong nodeid))
            return Errno.EBADF;
        _backed.Leave(nodeid);
        if (_options.Forgotten != ForgottenHandles.Drop && _nodes.IsForgottenSuspect(nodeid))
            DropIfGone(nodeid);
        return Errno.None;
    }

    /// <summary>The name with the NUL behind it, which the request's message holds.</summary>
    private static ReadOnlySpan<byte> WithNul(ReadOnlySpan<byte> name) =>
        MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetReference(name), name.Length + 1);

    private static (ulong Seconds, uint Nanoseconds) Split(TimeSpan time) =>
        ((ulong)(time.Ticks / TimeSpan.TicksPerSecond),
            (uint)(time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick));
}
