using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>What has been found is opened: do_open(), fs/namei.c, and OPEN or OPENDIR.</summary>
public sealed partial class ModelKernel
{
    /// <summary>do_open(): checks and vfs_open(); the walk's directory is the object.</summary>
    private async KernelTask<(OpenFile? File, int Errno)> DoOpenAsync(
        Walk walk, int flags, OpenFile? file, bool isCreated)
    {
        Dentry dentry = walk.Here;
        KernelInode inode = dentry.Inode!;
        int errno = 0;
        if ((flags & OpenFlags.Create) != 0)
        {
            if ((flags & OpenFlags.Exclusive) != 0 && !isCreated)
                errno = (int)Errno.EEXIST;
            else if (inode.IsDirectory)
                errno = (int)Errno.EISDIR;
        }

        if (errno == 0 && (walk.Flags & LookupFlags.Directory) != 0 && !inode.IsDirectory)
            errno = (int)Errno.ENOTDIR;
        if (errno == 0)
            errno = await MayOpenAsync(inode, flags, isCreated);
        if (errno != 0)
        {
            if (file is not null)
                walk.Closing.Add(file);
            return (null, errno);
        }

        return file is not null
            ? (file, 0)
            : await VfsOpenAsync(dentry, flags, isCreated, walk.Closing);
    }

    /// <summary>may_open(): what kinds can be opened, and the inode's permission.</summary>
    private async KernelTask<int> MayOpenAsync(KernelInode inode, int flags, bool isCreated)
    {
        int access = (flags & 3) switch
        {
            0 => MayRead,
            1 => MayWrite,
            _ => MayRead | MayWrite,
        };
        if ((flags & OpenFlags.Truncate) != 0)
            access |= MayWrite;
        if (isCreated)
            access = 0;
        switch (inode.Mode & FileModes.TypeMask)
        {
            case FileModes.Symlink:
                return (int)Errno.ELOOP;
            case FileModes.Directory when (access & MayWrite) != 0:
                return (int)Errno.EISDIR;
            case 0x2000 or 0x6000:
                return (int)Errno.EACCES;
            default:
                return await PermissionAsync(inode, MayOpen | access);
        }
    }

    /// <summary>Models fuse_open(), fuse_dir_open() and handle_truncate().</summary>
    private async KernelTask<(OpenFile? File, int Errno)> VfsOpenAsync(
        Dentry dentry, int flags, bool isCreated, List<OpenFile> closing)
    {
        KernelInode inode = dentry.Inode!;
        if ((inode.Mode & FileModes.TypeMask) == FileModes.Socket)
            return (null, (int)Errno.ENXIO);
        if (!inode.IsRegular && !inode.IsDirectory)
        {
            return (new OpenFile(DentryCache.Get(dentry), flags) { IsPathOnly = true }, 0);
        }

        if (IsBad(inode))
            return (null, (int)Errno.EIO);
        int sent = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | 0x100);
        if (!_conn.AtomicTruncate)
            sent &= ~OpenFlags.Truncate;
        KernelAnswer answer = await AskAsync(
            inode.IsDirectory ? FuseOpcode.FUSE_OPENDIR : FuseOpcode.FUSE_OPEN, inode,
            Bytes(new fuse_open_in { flags = (uint)sent }), RoomOf<fuse_open_out>());
        if (answer.Errno is not (0 or (int)Errno.ENOSYS))
            return (null, answer.Errno);
        OpenFile file = new(DentryCache.Get(dentry), flags & ~OpenFlags.Truncate)
        {
            NodeId = inode.NodeId,
        };
        if (answer.Errno == 0)
        {
            fuse_open_out opened = MemoryMarshal.Read<fuse_open_out>(answer.Body);
            file.Fh = opened.fh;
            file.FOpenFlags = opened.open_flags;
        }

        if (inode.IsDirectory)
            return (file, 0);
        bool truncates = (flags & OpenFlags.Truncate) != 0 && !isCreated;
        if ((flags & OpenFlags.Truncate) != 0 && _conn.AtomicTruncate)
        {
            inode.AttrVersion = NextAttrVersion();
            inode.Size = 0;
            inode.InvalMask |= StatxModSize;
            inode.Pages.Clear();
        }
        else if ((file.FOpenFlags & (uint)FuseOpenFlags.FOPEN_KEEP_CACHE) == 0)
        {
            inode.Pages.Clear();
        }

        if (truncates && !_conn.AtomicTruncate)
        {
            VfsResult done = await LockedSetAttrAsync(dentry, SizeOf(0), null);
            if (done.Errno != 0)
            {
                closing.Add(file);
                return (null, done.Errno);
            }
        }

        return (file, 0);
    }
}
