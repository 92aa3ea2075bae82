using System.Runtime.CompilerServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>A file without a name: O_TMPFILE and TMPFILE.</summary>
public sealed partial class ModelKernel
{
    private static bool IsTmpFile(int flags) =>
        (flags & OpenFlags.TmpFile) == OpenFlags.TmpFile;

    /// <summary>Models do_tmpfile(), vfs_tmpfile() and fuse_tmpfile().</summary>
    private async KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        string path, int flags, uint mode, LookupFlags how, List<OpenFile> closing,
        StrongBox<int> links)
    {
        (Dentry? directory, int errno) = await PathLookupAsync(
            path, how | LookupFlags.Directory, links);
        if (directory is null)
            return (null, errno);
        errno = await PermissionAsync(directory.Inode!, MayWrite | MayExec);
        OpenFile? file = null;
        if (errno == 0)
            (file, errno) = await TmpFileAsync(directory, flags, mode);
        if (file is not null)
        {
            errno = await MayOpenAsync(file.Dentry.Inode!, flags, isCreated: true);
            if (errno != 0)
            {
                closing.Add(file);
                file = null;
            }
        }

        _dcache.Put(directory);
        return (file, errno);
    }

    private async KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        Dentry directory, int flags, uint mode)
    {
        if (_conn.Unsupported.Contains(FuseOpcode.FUSE_TMPFILE))
            return (null, (int)Errno.EOPNOTSUPP);
        if (IsBad(directory.Inode!))
            return (null, (int)Errno.EIO);
        Dentry dentry = _dcache.Allocate(directory, "/");
        Created created = await CreateOpenAsync(
            directory, dentry, flags, mode, FuseOpcode.FUSE_TMPFILE);
        _dcache.Put(dentry);
        return created.Errno == (int)Errno.ENOSYS
            ? (null, (int)Errno.EOPNOTSUPP)
            : (created.File, created.Errno);
    }
}
