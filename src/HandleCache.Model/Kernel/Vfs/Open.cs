using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// A found object is opened: vfs_open(), do_dentry_open() and handle_truncate() (models fs/open.c,
/// v6.18).
/// </summary>
internal sealed class Open(IFileOperations fops, Attr attr, KernelFaults faults)
{
    /// <summary>do_dentry_open(), and handle_truncate() behind it.</summary>
    public async KernelTask<(OpenFile? File, int Errno)> VfsOpenAsync(
        Dentry dentry, int flags, bool isCreated, List<OpenFile> closing)
    {
        Inode inode = dentry.Inode!;
        if ((inode.Mode & FileModes.TypeMask) == FileModes.Socket)
            return (null, (int)Errno.ENXIO);
        if (!inode.IsRegular && !inode.IsDirectory)
            return (new OpenFile(DentryCache.Get(dentry), flags) { IsPathOnly = true }, 0);
        (OpenFile? file, int errno) = await fops.OpenAsync(dentry, flags);
        if (file is null)
            return (null, errno);
        bool isDirect = inode.IsDirectory && (flags & OpenFlags.Direct) != 0;
        if (isDirect && !faults.Has(KernelFault.DirectDirectoryOpens))
        {
            // Open already, and put without having been used.
            errno = (int)Errno.EINVAL;
        }
        else if (inode.IsRegular && (flags & OpenFlags.Truncate) != 0 && !isCreated)
        {
            errno = await attr.TruncateAsync(
                dentry, new() { Valid = AttrFlags.Size | AttrFlags.Open, File = file });
        }

        if (errno == 0)
            return (file, 0);
        closing.Add(file);
        return (null, errno);
    }
}
