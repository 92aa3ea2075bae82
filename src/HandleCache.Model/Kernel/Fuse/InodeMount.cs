using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// One mount of FUSE from INIT to its end (models fuse_fill_super_common(), fuse_send_init(),
/// process_init_reply() and fuse_conn_destroy(), fs/fuse/inode.c, v6.18), and what it is made of.
/// </summary>
internal sealed class InodeMount : IDisposable
{
    private readonly ModelKernelOptions _options;
    private readonly WakeQueue _wakes;
    private readonly InodeAttributes _attributes;
    private readonly FileOpen _files;
    private readonly Notify _notify;

    public InodeMount(ModelKernelOptions options, KernelFaults faults, WakeQueue wakes)
        : this(options, faults, wakes, CacheFor(options))
    {
    }

    /// <param name="options">What the mount is for.</param>
    /// <param name="faults">What is to be done wrong.</param>
    /// <param name="wakes">The scheduler.</param>
    /// <param name="cache">Its inodes.</param>
    /// <param name="original">
    /// The mount that <paramref name="cache"/> was copied from; null for a new mount.
    /// </param>
    private InodeMount(
        ModelKernelOptions options, KernelFaults faults, WakeQueue wakes, FuseInodeCache cache,
        InodeMount? original = null)
    {
        _options = options;
        _wakes = wakes;
        Cache = cache;
        Connection = original?.Connection.CopyFor(wakes.Current)
            ?? new(options, wakes.Current);
        Device = original?.Device.CopyFor(Cache.Forgets, wakes.Current)
            ?? new(Cache.Forgets, faults, wakes.Current);
        Requests requests = new(faults, options, Connection, Device, Cache);
        _attributes = new(faults, Connection, Cache, Clock);
        Inodes = new(
            faults, options, Connection, Device, Cache, wakes, requests, _attributes);
        DentryCache dcache = new(wakes, faults);
        DirLookup lookups = new(
            dcache, faults, options, Connection, Clock, requests, Inodes, _attributes);
        _files = new(faults, Connection, requests, Inodes);
        DirCreate creates = new(
            dcache, faults, Connection, requests, Inodes, _attributes, lookups, _files);
        DirAttributes attributes = new(Connection, Clock, requests, Inodes, _attributes);
        DirSetAttr setAttr = new(
            faults, Connection, Clock, requests, Inodes, _attributes, attributes);
        ReadDirCache cachedDir = new(faults, Connection, attributes);
        ReadDirPlus plus = new(
            dcache, faults, options, Connection, Device, Cache, requests, Inodes, _attributes,
            lookups);
        _notify = new(dcache, faults, Connection, Device, wakes, Inodes, _attributes);
        SuperBlock = new(dcache)
        {
            InodeOperations = new DirOperations(
                lookups, creates,
                new(faults, Connection, requests, Inodes, _attributes, creates),
                attributes,
                setAttr,
                new(faults, Connection, Clock, requests, Inodes, attributes),
                new(faults, Connection, requests, Inodes)),
            DentryOperations = lookups,
            FileOperations = new FileOperations(
                _files,
                new(faults, Connection, Device, requests, Inodes, _attributes, cachedDir, plus)),
            DataOperations = new FileReadWrite(
                faults, Connection, requests, Inodes, attributes, setAttr),
            XattrOperations = new Xattr(Connection, requests, Inodes),
            SuperOperations = Inodes,
            ExportOperations = new Export(
                dcache, faults, Connection, requests, Inodes, lookups),
        };
    }

    private static FuseInodeCache CacheFor(ModelKernelOptions options) =>
        new(options.Inodes.HandleRule != HandleRule.Sound
            ? options.Inodes
            : options.Inodes with { HandleRule = HandleRule.Of(options.Dialect) });

    /// <summary>
    /// The same mount for another kernel with the same options. No call may be under way, and no
    /// RELEASE.
    /// </summary>
    /// <param name="options">The other kernel's.</param>
    /// <param name="faults">The other kernel's.</param>
    /// <param name="wakes">The other kernel's.</param>
    /// <param name="dentries">Each dentry with its copy.</param>
    /// <exception cref="InvalidOperationException">A call or a RELEASE is under way.</exception>
    public InodeMount CopyFor(
        ModelKernelOptions options, KernelFaults faults, WakeQueue wakes,
        out Dictionary<Dentry, Dentry> dentries)
    {
        if (_wakes.Running > 0 || _files.Releasing.Count > 0)
            throw new InvalidOperationException("a call is under way");
        InodeMount copy = new(options, faults, wakes, Cache.Copy(), this);
        copy.Clock.NowNs = Clock.NowNs;
        Dictionary<Inode, Inode> inodes = copy.Inodes.CopyFrom(Inodes);
        dentries = copy.SuperBlock.Dcache.CopyFrom(SuperBlock.Root, inodes);
        copy.SuperBlock.MountedRoot = dentries[SuperBlock.Root];
        return copy;
    }

    public Clock Clock { get; } = new();

    public FuseInodeCache Cache { get; }

    public Connection Connection { get; }

    public Device Device { get; }

    public InodeGet Inodes { get; }

    public SuperBlock SuperBlock { get; }

    /// <summary>fuse_send_init() and, with its answer, process_init_reply().</summary>
    public async KernelTask<VfsResult> MountAsync()
    {
        fuse_init_in init = new()
        {
            major = FuseConstants.FUSE_KERNEL_VERSION,
            minor = Connection.Offer.Minor,
            max_readahead = _options.MaxReadaheadBytes,
        };
        FuseInitFlags offered = _options.Offered & ~Connection.Offer.Lacks;
        (init.flags, init.flags2) = InitWords.Split(offered);
        HandleOffer.Offer(ref init, _options.Dialect);
        KernelAnswer answer = await Device.AskAsync(
            FuseOpcode.FUSE_INIT, 0, InodeIndex.None, default, Connection.Offer.Body(init),
            ReplyRoom.UpTo(Unsafe.SizeOf<fuse_init_out>()));
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        byte[] body = new byte[Unsafe.SizeOf<fuse_init_out>()];
        answer.Body.CopyTo(body, 0);
        fuse_init_out reply = MemoryMarshal.Read<fuse_init_out>(body);
        if (reply.major != FuseConstants.FUSE_KERNEL_VERSION)
            return VfsResult.Failure((int)Errno.EIO);
        Connection.Accept(reply, offered);
        Device.Minor = Connection.Minor;
        Device.Handles = HandleOffer.Read(reply, _options.Dialect);
        Connection.Unsupported.UnionWith(Connection.Offer.Unknown);
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            if (Device.Handles.Dialect.Lacks(opcode))
                Connection.Unsupported.Add(opcode);
        }

        InodeIndex index = Cache.MountRoot(FileModes.Directory);
        FuseInode root = Inodes.NewColdInode(
            index, FuseConstants.FUSE_ROOT_ID, 0, FileModes.Directory, 0);
        root.References = 1;
        _attributes.SetAttributes(
            root, new fuse_attr { ino = FuseConstants.FUSE_ROOT_ID, nlink = 1 }, expiryNs: 0, 0);
        SuperBlock.MountedRoot = SuperBlock.Dcache.NewRoot(root);
        return new VfsResult(0);
    }

    /// <summary>
    /// fuse_dev_do_write(): a reply or a notification; 0 or the errno of the server's write.
    /// </summary>
    public int Write(ReadOnlySpan<byte> message)
    {
        if (FuseReply.TryParse(message, out FuseReply reply, out WireError error))
            return reply.IsNotification ? _notify.Take(reply) : Device.Answer(reply);
        if (error.Fault == WireFault.Overlong
            && MemoryMarshal.TryRead(message, out fuse_out_header header))
        {
            Device.Spoil(header.unique);
        }

        return (int)Errno.EINVAL;
    }

    /// <summary>
    /// Unmounts: nothing is forgotten (R2), and who still waits gets ECONNABORTED (R16).
    /// </summary>
    public void Unmount()
    {
        Device.Abort((int)Errno.ECONNABORTED);
        _wakes.Run();
        Cache.Unmount();
        SuperBlock.MountedRoot = null;
    }

    /// <summary>Checks all of the mount, the caller's open files included.</summary>
    public void Validate(FileTable files, ValidationErrors errors)
    {
        foreach (ValidationError error in Cache.Validate())
            errors.Add(error.Counter, error.Counted, error.Recorded);
        if (SuperBlock.MountedRoot is null)
            return;
        List<Inode> inodes = [];
        for (InodeIndex at = Cache.Next(InodeIndex.None); !at.IsNone; at = Cache.Next(at))
        {
            if (Inodes.At(at) is not { } inode)
            {
                errors.Add("inode-without-cold-part", at.Value, 0);
                continue;
            }

            inodes.Add(inode);
            if (_wakes.Running == 0 && inode.Mutex is { IsFree: false })
                errors.Add("fuse-mutex-holders", 0, 1);
            errors.Equal(
                "inode-nodeid", (long)inode.NodeId, (long)Cache.Get(inode.Index).NodeId);
        }

        errors.Equal("inodes", inodes.Count, Cache.Count);
        foreach (OpenFile? file in files.All)
        {
            if (file is { PrivateData: FuseFile open, Dentry.FuseInode: { } inode }
                && open.NodeId != inode.NodeId)
            {
                errors.Add("file-nodeid", (long)inode.NodeId, (long)open.NodeId);
            }
        }

        new VfsValidator(SuperBlock, files, _wakes).Validate(inodes, _files.Releasing, errors);
        Device.Validate(_wakes.Running == 0 ? _files.Releasing.Count : null, errors);
    }

    public void Dispose() => Cache.Dispose();
}
