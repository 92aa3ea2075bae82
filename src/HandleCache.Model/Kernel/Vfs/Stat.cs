using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// statx(2) and readlink(2) (models fs/stat.c, v6.18), and fstatfs(2) of fs/statfs.c.
/// </summary>
internal sealed class Stat(
    SuperBlock sb, DentryCache dcache, IInodeOperations iops, Namei namei, NameiRetry retry,
    FileTable table)
{
    public KernelTask<VfsResult> StatAsync(VfsCall call) =>
        retry.AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            dentry => iops.GetAttrAsync(dentry.Inode!, call.Mode, call.Flags));

    /// <summary>
    /// statx() with a directory's descriptor, which fd_raw keeps from the first to the last try.
    /// </summary>
    public async KernelTask<VfsResult> StatAtAsync(VfsCall call)
    {
        if (table.At(call.Slot) is not { } file)
            return VfsResult.Failure((int)Errno.EBADF);
        if (!file.Dentry.IsDirectory)
            return VfsResult.Failure((int)Errno.ENOTDIR);
        Dentry from = DentryCache.Get(file.Dentry);
        VfsResult result = await retry.AtPathAsync(
            call.Path, (call.Flags & AtFlags.SymlinkNoFollow) == 0,
            dentry => iops.GetAttrAsync(dentry.Inode!, call.Mode, call.Flags), from);
        dcache.Put(from);
        return result;
    }

    public async KernelTask<VfsResult> FStatAsync(VfsCall call) =>
        table.At(call.Slot) is { } file
            ? await iops.GetAttrAsync(file.Dentry.Inode!, call.Mode, call.Flags)
            : VfsResult.Failure((int)Errno.EBADF);

    public KernelTask<VfsResult> ReadLinkAsync(VfsCall call) =>
        retry.AtPathAsync(
            call.Path, follow: false,
            async dentry =>
            {
                Inode inode = dentry.Inode!;
                if (!inode.IsSymlink)
                    return VfsResult.Failure((int)Errno.EINVAL);
                (string? target, int errno) = await iops.GetLinkAsync(inode);
                if (target is null)
                    return VfsResult.Failure(errno);
                byte[] bytes = System.Text.Encoding.Latin1.GetBytes(target);
                return new VfsResult(0, bytes.Length) { Data = Convert.ToHexStringLower(bytes) };
            });

    /// <summary>fstatfs() of an O_PATH descriptor, which does not repeat after ESTALE.</summary>
    public async KernelTask<VfsResult> StatFsAsync(VfsCall call)
    {
        (Dentry? dentry, int errno) = await namei.ResolveAsync(call.Path, LookupFlags.None);
        if (dentry is null)
            return VfsResult.Failure(errno);
        VfsResult result = await sb.SuperOperations.StatFsAsync(dentry);
        dcache.Put(dentry);
        return result;
    }
}
