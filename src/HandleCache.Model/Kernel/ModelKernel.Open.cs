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
        int sent = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty);
        if (!_conn.AtomicTruncate)
            sent &= ~OpenFlags.Truncate;
        (OpenFile? file, int failed) = await FileOpenAsync(dentry, flags, (uint)sent);
        if (file is null)
            return (null, failed);
        if (inode.IsDirectory)
        {
            bool keeps = (file.FOpenFlags & (uint)FuseOpenFlags.FOPEN_KEEP_CACHE) != 0
                || _faults.Has(KernelFault.OpenKeepsListing);
            if (!keeps)
                inode.Listing.DropPages();
            bool isDirect = (flags & OpenFlags.Direct) != 0;
            if (!isDirect || _faults.Has(KernelFault.DirectDirectoryOpens))
                return (file, 0);

            // do_dentry_open(): open already, and put without having been used.
            closing.Add(file);
            return (null, (int)Errno.EINVAL);
        }

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

    /// <summary>
    /// Models fuse_file_open(): ENOSYS opens without the server, and it is not asked again.
    /// </summary>
    private async KernelTask<(OpenFile? File, int Errno)> FileOpenAsync(
        Dentry dentry, int flags, uint sent)
    {
        KernelInode inode = dentry.Inode!;
        FuseOpcode opcode = inode.IsDirectory ? FuseOpcode.FUSE_OPENDIR : FuseOpcode.FUSE_OPEN;
        FuseOpenFlags unasked = FuseOpenFlags.FOPEN_KEEP_CACHE
            | (inode.IsDirectory ? FuseOpenFlags.FOPEN_CACHE_DIR : 0);
        int errno = (int)Errno.ENOSYS;
        fuse_open_out opened = new() { open_flags = (uint)unasked };
        if (!_conn.Unsupported.Contains(opcode) || _faults.Has(KernelFault.OpenAskedAgain))
        {
            KernelAnswer answer = await AskAsync(
                opcode, inode, Bytes(new fuse_open_in { flags = sent }),
                RoomOf<fuse_open_out>());
            errno = answer.Errno;
            if (errno is not (0 or (int)Errno.ENOSYS))
                return (null, errno);
            if (errno == 0)
                opened = MemoryMarshal.Read<fuse_open_out>(answer.Body);
        }

        OpenFile file = new(DentryCache.Get(dentry), flags & ~OpenFlags.Truncate)
        {
            NodeId = inode.NodeId,
            Fh = opened.fh,
            FOpenFlags = opened.open_flags,
            HasRelease = !inode.IsDirectory || errno == 0
                || _faults.Has(KernelFault.DirectoryReleased),
        };
        return (file, 0);
    }
}
