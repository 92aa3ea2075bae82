using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>File handles: name_to_handle_at(), open_by_handle_at(), reconnection (R14).</summary>
public sealed partial class ModelKernel
{

    /// <summary>Bits of a handle's type that open_by_handle_at reads (fs/fhandle.c).</summary>
    private const uint TypeIsConnectable = 0x10000;
    private const uint TypeIsDirectory = 0x20000;

    /// <summary>Handles a script may hold at a time.</summary>
    public const int HandleSlots = 8;

    /// <summary>The file slot whose open file tells open_by_handle_at the mount.</summary>
    public const int MountSlot = FileSlots - 1;

    private readonly (uint Type, byte[] Bytes)[] _handles = new (uint, byte[])[HandleSlots];

    /// <summary>
    /// Models do_sys_name_to_handle() and fuse_encode_fh(); no request but the walk's.
    /// </summary>
    private async KernelTask<VfsResult> NameToHandleAsync(VfsCall call)
    {
        bool isFid = (call.Flags & AtFlags.HandleFid) != 0;
        bool isConnectable = (call.Flags & AtFlags.HandleConnectable) != 0;
        if (isFid && isConnectable)
            return VfsResult.Failure((int)Errno.EINVAL);
        (Dentry? dentry, int errno) = await ResolveAsync(
            call.Path,
            (call.Flags & AtFlags.SymlinkFollow) != 0 ? LookupFlags.Follow : LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        KernelInode inode = dentry.Inode!;
        bool isEncoded = TryEncode(
            dentry, withParent: isConnectable && !inode.IsDirectory, out uint type,
            out byte[] bytes);
        if (isConnectable)
            type |= TypeIsConnectable | (inode.IsDirectory ? TypeIsDirectory : 0);
        _dcache.Put(dentry);
        if (_conn.NoExport && !isFid)
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        if (!isEncoded)
            return VfsResult.Failure((int)Errno.EOVERFLOW);
        if ((uint)call.Slot < HandleSlots)
            _handles[call.Slot] = (type, bytes);
        return new VfsResult(0, (int)type) { Data = Convert.ToHexStringLower(bytes) };
    }

    /// <summary>exportfs_encode_fh() in the dialect's form; false where it is too long.</summary>
    private bool TryEncode(Dentry dentry, bool withParent, out uint type, out byte[] bytes)
    {
        Span<byte> room = stackalloc byte[FuseConstants.MAX_HANDLE_SZ];
        ExportedNode node = NodeOf(dentry.Inode!);
        bool fits = Spoken.Export.TryWrite(
            room, node, withParent, withParent ? NodeOf(dentry.Parent.Inode!) : default,
            out int fidType, out int written);
        type = (uint)fidType;
        bytes = fits ? room[..written].ToArray() : [];
        return fits;
    }

    private ExportedNode NodeOf(KernelInode inode)
    {
        FileHandle handle = HandleOf(inode);
        return new(inode.NodeId, inode.Generation, new WireHandle(handle.Type, handle.Bytes));
    }

    /// <summary>One node of an exported handle, as a task keeps it.</summary>
    private sealed record Exported(ulong NodeId, uint Generation, uint HandleType, byte[] Handle)
    {
        public static Exported Of(in ExportedNode node) => new(
            node.NodeId, node.Generation, node.Handle.Type, node.Handle.Bytes.ToArray());
    }

    /// <summary>The node and, where there is one, the parent; null for another type.</summary>
    private (Exported Node, Exported Parent)? Decode(uint type, byte[] bytes) =>
        !_conn.NoExport && Spoken.Export.TryRead(
            bytes, (int)(type & 0xFFFF), out ExportedNode node, out ExportedNode parent)
            ? (Exported.Of(node), Exported.Of(parent))
            : null;

    private async KernelTask<VfsResult> OpenByHandleAsync(VfsCall call)
    {
        (uint type, byte[]? bytes) = (uint)call.Slot < HandleSlots
            ? _handles[call.Slot]
            : default;
        int slot = (int)call.Mode;
        await CloseAsync(slot);
        if (FileAt(MountSlot) is not { } mount || (mount.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (bytes is null)
            return VfsResult.Failure((int)Errno.EINVAL);
        List<OpenFile> closing = [];
        VfsResult result = await OpenByHandleAsync(call, type, bytes, closing);
        ReleaseAll(closing);
        return result;
    }

    private async KernelTask<VfsResult> OpenByHandleAsync(
        VfsCall call, uint type, byte[] bytes, List<OpenFile> closing)
    {
        int slot = (int)call.Mode;
        (Dentry? dentry, int errno) = await DecodeAsync(type, bytes, closing);
        if (dentry is null)
            return VfsResult.Failure(errno == (int)Errno.ENOMEM ? errno : (int)Errno.ESTALE);
        int flags = call.Flags | OpenFlags.LargeFile;
        if ((flags & OpenFlags.Path) != 0)
        {
            bool wrongKind = (flags & OpenFlags.Directory) != 0 && !dentry.IsDirectory;
            if (wrongKind)
                _dcache.Put(dentry);
            else
                _files[slot] = new OpenFile(dentry, flags) { IsPathOnly = true };
            return new VfsResult(wrongKind ? (int)Errno.ENOTDIR : 0);
        }

        if (dentry.Inode!.IsSymlink)
        {
            // do_file_open_root() refuses it before anything is looked at.
            _dcache.Put(dentry);
            return VfsResult.Failure((int)Errno.ELOOP);
        }

        Walk walk = new(
            (flags & OpenFlags.Directory) != 0 ? LookupFlags.Directory : LookupFlags.None)
        {
            Here = dentry,
            Closing = closing,
        };
        (OpenFile? file, errno) = await DoOpenAsync(walk, flags, null, isCreated: false);
        if (errno == (int)Errno.ESTALE)
            (file, errno) = await DoOpenAsync(walk, flags, null, isCreated: false);
        _dcache.Put(dentry);
        _files[slot] = file;
        return new VfsResult(errno);
    }

    /// <summary>
    /// exportfs_decode_fh_raw() with a caller who accepts every dentry of a file; a directory is
    /// always connected to the root, a connectable handle must be of the right kind.
    /// </summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> DecodeAsync(
        uint type, byte[] bytes, List<OpenFile> closing)
    {
        if (Decode(type, bytes) is not { } exported)
            return (null, (int)Errno.ESTALE);
        (Dentry? dentry, int errno) = await DecodeOneAsync(exported.Node);
        if (dentry is null)
            return (null, errno);
        if ((type & TypeIsDirectory) != 0 && !dentry.IsDirectory)
            errno = (int)Errno.ENOTDIR;
        else if (dentry.IsDirectory && dentry.IsDisconnected)
            errno = await ReconnectAsync(dentry, closing);
        else if ((type & TypeIsConnectable) != 0 && !dentry.IsDirectory && !IsConnected(dentry))
            return await ConnectFileAsync(dentry, exported.Parent, closing);
        if (errno == 0)
            return (dentry, 0);
        _dcache.Put(dentry);
        return (null, errno);
    }

    /// <summary>dentry_connected(): the way up meets a directory that is connected.</summary>
    private static bool IsPlaced(Dentry dentry)
    {
        while (dentry is { IsDisconnected: true, IsRoot: false })
            dentry = dentry.Parent;
        return !dentry.IsDisconnected;
    }

    /// <summary>Whether the way up from a dentry ends at the mount's root.</summary>
    private bool IsConnected(Dentry dentry) => DentryCache.IsAncestor(_root!, dentry);

    /// <summary>Models fuse_get_dentry().</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> DecodeOneAsync(Exported exported)
    {
        ulong nodeId = exported.NodeId;
        if (nodeId == 0)
            return (null, (int)Errno.ESTALE);
        KernelInode? inode = FindInode(nodeId);
        if (inode is null)
        {
            if (!_conn.ExportSupport)
                return (null, (int)Errno.ESTALE);
            Found found = await LookupNameAsync(
                new(null, nodeId, exported.HandleType, exported.Handle), ".");
            if (found.Errno is not (0 or (int)Errno.ENOENT))
                return (null, found.Errno);
            inode = found.Inode;
            if (inode is null)
                return (null, (int)Errno.ESTALE);
            if (inode.NodeId != nodeId && !_faults.Has(KernelFault.ExportTakesAnother))
            {
                PutInode(inode);
                return (null, (int)Errno.EIO);
            }
        }

        bool isOther = (inode.Generation != exported.Generation
                && !_faults.Has(KernelFault.ExportSkipsGeneration))
            || IsAnotherHandle(inode, exported);
        if (isOther)
        {
            PutInode(inode);
            return (null, (int)Errno.ESTALE);
        }

        return (ObtainAlias(inode), 0);
    }

    private bool IsAnotherHandle(KernelInode inode, Exported exported)
    {
        FileHandle held = HandleOf(inode);
        return exported.Handle.Length > 0 && !held.IsNone
            && held != new FileHandle(exported.HandleType, exported.Handle);
    }

    /// <summary>d_obtain_alias(), and whatever was found is to be asked for again.</summary>
    private Dentry ObtainAlias(KernelInode inode)
    {
        Dentry dentry = _dcache.ObtainAlias(inode);
        if (inode.NodeId != FuseConstants.FUSE_ROOT_ID)
            dentry.ExpiryNs = 0;
        return dentry;
    }

    /// <summary>Models fuse_get_parent().</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> GetParentAsync(KernelInode child)
    {
        if (!_conn.ExportSupport)
            return (null, (int)Errno.ESTALE);
        await child.Lock.AcquireAsync(exclusive: true);
        Found found = await LookupNameAsync(child, "..");
        child.Lock.Release(exclusive: true);
        if (found.Errno != 0 || found.Inode is null)
        {
            bool isGone = found.Errno is 0 or (int)Errno.ENOENT;
            return (null, isGone ? (int)Errno.ESTALE : found.Errno);
        }

        return (ObtainAlias(found.Inode), 0);
    }

    /// <summary>
    /// reconnect_path(), fs/exportfs/expfs.c: up from parent to parent to the root.
    /// </summary>
    private async KernelTask<int> ReconnectAsync(Dentry target, List<OpenFile> closing)
    {
        Dentry at = DentryCache.Get(target);
        int errno = 0;
        while (at.IsDisconnected && errno == 0)
        {
            Dentry? parent;
            if (at.IsRoot)
            {
                (parent, errno) = await ReconnectOneAsync(at, closing);
                if (parent is null && errno == 0)
                    break;
            }
            else
            {
                parent = DentryCache.Get(at.Parent);
            }

            _dcache.Put(at);
            if (parent is null)
                return errno;
            at = parent;
        }

        _dcache.Put(at);
        if (errno == 0)
            ClearDisconnected(target);
        return errno;
    }

    /// <summary>clear_disconnected().</summary>
    private static void ClearDisconnected(Dentry dentry)
    {
        for (; dentry.IsDisconnected; dentry = dentry.Parent)
            dentry.IsDisconnected = false;
    }

    /// <summary>
    /// reconnect_one(): the parent (held), or none and no errno if it is connected.
    /// </summary>
    private async KernelTask<(Dentry? Parent, int Errno)> ReconnectOneAsync(
        Dentry dentry, List<OpenFile> closing)
    {
        (Dentry? parent, int errno) = await GetParentAsync(dentry.Inode!);
        if (parent is null)
            return (null, errno);
        (string? name, errno) = await NameInAsync(parent, dentry.Inode!, closing);
        Dentry? found = null;
        if (name is not null)
            (found, errno) = await LookupUnlockedAsync(parent, name);
        bool moved = errno == (int)Errno.ENOENT && name is null
            || (found is not null && found != dentry);
        if (found is not null)
            _dcache.Put(found);
        if (moved)
        {
            _dcache.Put(parent);
            return (null, IsPlaced(dentry) ? 0 : (int)Errno.ESTALE);
        }

        if (errno == 0 && dentry.IsRoot)
            errno = (int)Errno.ESTALE;
        if (errno == 0)
            return (parent, 0);
        _dcache.Put(parent);
        return (null, errno);
    }

    /// <summary>lookup_one_unlocked().</summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> LookupUnlockedAsync(
        Dentry parent, string name)
    {
        int errno = await PermissionAsync(parent.Inode!, MayExec);
        if (errno != 0)
            return (null, errno);
        (Dentry? dentry, errno) = await LookupFastAsync(parent, name, LookupFlags.None);
        return dentry is not null || errno != 0
            ? (dentry, errno)
            : await LookupSlowAsync(parent, name, LookupFlags.None);
    }

    /// <summary>
    /// The file of a connectable handle: its parent, its name there, and the two joined.
    /// </summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> ConnectFileAsync(
        Dentry dentry, Exported above, List<OpenFile> closing)
    {
        (Dentry? parent, int errno) = await DecodeOneAsync(above);
        Dentry? found = null;
        if (parent is not null)
        {
            errno = await ReconnectAsync(parent, closing);
            string? name = null;
            if (errno == 0)
                (name, errno) = await NameInAsync(parent, dentry.Inode!, closing);
            if (name is not null)
                (found, errno) = await LookupUnlockedAsync(parent, name);
            _dcache.Put(parent);
            if (found is not null && found.Inode != dentry.Inode)
            {
                _dcache.Put(found);
                (found, errno) = (null, (int)Errno.ESTALE);
            }
        }

        _dcache.Put(dentry);
        return found is not null && errno == 0 ? (found, 0) : (null, errno);
    }
}
