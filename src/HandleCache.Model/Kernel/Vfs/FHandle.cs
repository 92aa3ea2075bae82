using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// name_to_handle_at(2) and open_by_handle_at(2) (models fs/fhandle.c, v6.18).
/// </summary>
internal sealed class FHandle(
    DentryCache dcache, IExportOperations eops, Namei namei, NameiOpen nameiOpen, FileTable table,
    ExportFs exportFs, bool knowsConnectable, bool knowsFid)
{
    /// <summary>Handles a script may hold at a time.</summary>
    public const int Slots = 8;

    private readonly (uint Type, byte[] Bytes)[] _handles = new (uint, byte[])[Slots];

    /// <summary>Takes the handles that a caller of another kernel holds.</summary>
    public void CopyFrom(FHandle original) => original._handles.CopyTo(_handles, 0);

    /// <summary>
    /// Models do_sys_name_to_handle() and exportfs_encode_fh(); no request but the walk's.
    /// </summary>
    public async KernelTask<VfsResult> NameToHandleAsync(VfsCall call)
    {
        bool isFid = (call.Flags & AtFlags.HandleFid) != 0;
        bool isConnectable = (call.Flags & AtFlags.HandleConnectable) != 0;
        if ((isConnectable && (isFid || !knowsConnectable)) || (isFid && !knowsFid))
            return VfsResult.Failure((int)Errno.EINVAL);
        (Dentry? dentry, int errno) = await namei.ResolveAsync(
            call.Path,
            (call.Flags & AtFlags.SymlinkFollow) != 0 ? LookupFlags.Follow : LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        Inode inode = dentry.Inode!;
        bool isEncoded = eops.TryEncode(
            dentry, withParent: isConnectable && !inode.IsDirectory, out uint type,
            out byte[] bytes);
        if (isConnectable)
            type |= ExportFs.TypeIsConnectable | (inode.IsDirectory ? ExportFs.TypeIsDirectory : 0);
        dcache.Put(dentry);
        if (!eops.CanDecode && !isFid)
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        if (!isEncoded)
            return VfsResult.Failure((int)Errno.EOVERFLOW);
        if ((uint)call.Slot < Slots)
            _handles[call.Slot] = (type, bytes);
        return new VfsResult(0, (int)type) { Data = Convert.ToHexStringLower(bytes) };
    }

    public async KernelTask<VfsResult> OpenByHandleAsync(VfsCall call)
    {
        (uint type, byte[]? bytes) = (uint)call.Slot < Slots
            ? _handles[call.Slot]
            : default;
        int slot = (int)call.Mode;
        await table.CloseAsync(slot);
        if (table.At(FileTable.MountSlot) is not { } mount || (mount.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        if (bytes is null)
            return VfsResult.Failure((int)Errno.EINVAL);
        List<OpenFile> closing = [];
        VfsResult result = await OpenByHandleAsync(call, type, bytes, closing);
        table.ReleaseAll(closing);
        return result;
    }

    public async KernelTask<VfsResult> OpenByHandleAsync(
        VfsCall call, uint type, byte[] bytes, List<OpenFile> closing)
    {
        int slot = (int)call.Mode;
        (Dentry? dentry, int errno) = await exportFs.DecodeAsync(type, bytes, closing);
        if (dentry is null)
            return VfsResult.Failure(errno == (int)Errno.ENOMEM ? errno : (int)Errno.ESTALE);
        int flags = call.Flags | OpenFlags.LargeFile;
        if ((flags & OpenFlags.Path) != 0)
        {
            bool wrongKind = (flags & OpenFlags.Directory) != 0 && !dentry.IsDirectory;
            if (wrongKind)
                dcache.Put(dentry);
            else
                table.Install(slot, new OpenFile(dentry, flags) { IsPathOnly = true });
            return new VfsResult(wrongKind ? (int)Errno.ENOTDIR : 0);
        }

        if (dentry.Inode!.IsSymlink)
        {
            // do_file_open_root() refuses it before anything is looked at.
            dcache.Put(dentry);
            return VfsResult.Failure((int)Errno.ELOOP);
        }

        Nameidata walk = new(
            (flags & OpenFlags.Directory) != 0 ? LookupFlags.Directory : LookupFlags.None)
        {
            Here = dentry,
            Closing = closing,
        };
        (OpenFile? file, errno) = await nameiOpen.DoOpenAsync(walk, flags, null, isCreated: false);
        if (errno == (int)Errno.ESTALE)
            (file, errno) = await nameiOpen.DoOpenAsync(walk, flags, null, isCreated: false);
        dcache.Put(dentry);
        table.Install(slot, file);
        return new VfsResult(errno);
    }
}
