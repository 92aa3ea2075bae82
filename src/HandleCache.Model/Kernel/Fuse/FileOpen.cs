using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_open(), fuse_dir_open(), fuse_flush(), fuse_release() (R17; models fs/fuse/file.c, v6.18).
/// </summary>
internal sealed class FileOpen(
    KernelFaults faults, Connection conn, Requests requests, InodeGet inodes)
{
    /// <summary>Inodes whose RELEASE is under way, one reference each.</summary>
    private readonly List<Inode> _releasing = [];

    public IReadOnlyList<Inode> Releasing => _releasing;

    /// <summary>fuse_open() and fuse_dir_open().</summary>
    public async KernelTask<(OpenFile? File, int Errno)> OpenAsync(Dentry dentry, int flags)
    {
        FuseInode inode = dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return (null, (int)Errno.EIO);
        int sent = flags & ~(OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoCtty);
        if (!conn.AtomicTruncate)
            sent &= ~OpenFlags.Truncate;
        (OpenFile? file, int errno) = await FileOpenAsync(dentry, flags, (uint)sent);
        if (file is null)
            return (null, errno);
        FuseOpenFlags opened = (FuseOpenFlags)FuseFile.Of(file).FOpenFlags;
        bool keeps = (opened & FuseOpenFlags.FOPEN_KEEP_CACHE) != 0;
        if (inode.IsDirectory)
        {
            if (!keeps && !faults.Has(KernelFault.OpenKeepsListing))
                inode.Listing.DropPages();
        }
        else if ((flags & OpenFlags.Truncate) != 0 && conn.AtomicTruncate)
        {
            inode.AttrVersion = conn.NextAttrVersion();
            inode.Size = 0;
            conn.Outdate(inode, InodeAttributes.StatxModSize);
            inode.Pages.Clear();
        }
        else if (!keeps)
        {
            inode.Pages.Clear();
        }

        return (file, 0);
    }

    /// <summary>
    /// FUSE_OPEN_KILL_SUIDGID: the server truncates, and takes the bits away of a caller without
    /// CAP_FSETID.
    /// </summary>
    public uint KillOnTruncate(int flags) =>
        conn.KillPrivV2 && !conn.Current.IsCapable && (flags & OpenFlags.Truncate) != 0
            ? FuseConstants.FUSE_OPEN_KILL_SUIDGID
            : 0;

    /// <summary>
    /// Models fuse_file_open(): ENOSYS opens without the server, and it is not asked again.
    /// </summary>
    private async KernelTask<(OpenFile? File, int Errno)> FileOpenAsync(
        Dentry dentry, int flags, uint sent)
    {
        FuseInode inode = dentry.FuseInode!;
        FuseOpcode opcode = inode.IsDirectory ? FuseOpcode.FUSE_OPENDIR : FuseOpcode.FUSE_OPEN;
        FuseOpenFlags unasked = FuseOpenFlags.FOPEN_KEEP_CACHE
            | (inode.IsDirectory ? FuseOpenFlags.FOPEN_CACHE_DIR : 0);
        int errno = (int)Errno.ENOSYS;
        fuse_open_out opened = new() { open_flags = (uint)unasked };
        if (!conn.Unsupported.Contains(opcode) || faults.Has(KernelFault.OpenAskedAgain))
        {
            KernelAnswer answer = await requests.AskAsync(
                opcode, inode,
                FuseArgs.Bytes(new fuse_open_in
                {
                    flags = sent,
                    open_flags = KillOnTruncate((int)sent),
                }),
                ReplyRoom.OfOpen(conn.TakesLongOpen));
            errno = answer.Errno;
            if (errno is not (0 or (int)Errno.ENOSYS))
                return (null, errno);
            if (errno == 0)
                opened = MemoryMarshal.Read<fuse_open_out>(answer.Body);
        }

        OpenFile file = new(DentryCache.Get(dentry), flags);
        file.PrivateData = new FuseFile(inode.NodeId)
        {
            Fh = opened.fh,
            FOpenFlags = opened.open_flags,
            HasRelease = !inode.IsDirectory || errno == 0
                || faults.Has(KernelFault.DirectoryReleased),
        };
        return (file, 0);
    }

    /// <summary>Models fuse_flush(), without a writeback cache.</summary>
    public async KernelTask<int> FlushAsync(OpenFile file)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        if ((FuseFile.Of(file).FOpenFlags & (uint)FuseOpenFlags.FOPEN_NOFLUSH) != 0
            || conn.Unsupported.Contains(FuseOpcode.FUSE_FLUSH))
        {
            return 0;
        }

        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_FLUSH, inode,
            FuseArgs.Bytes(new fuse_flush_in { fh = FuseFile.Of(file).Fh }),
            ReplyRoom.Nothing);
        return answer.Errno == (int)Errno.ENOSYS ? 0 : answer.Errno;
    }

    /// <summary>
    /// The last close: RELEASE in the background, for whose time the inode stays (models
    /// fuse_file_release(); the reply may evict).
    /// </summary>
    public async void Release(OpenFile file)
    {
        FuseInode inode = file.Dentry.FuseInode!;
        inode.Hold();
        _releasing.Add(inode);
        await ReleaseAsync(file, inode);
        _releasing.Remove(inode);
        inode.Put();
    }

    /// <summary>Models fuse_file_put(): false where no RELEASE belongs to the file.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="inode">Null where the inode of a creation was refused.</param>
    /// <param name="created">The entry of that creation.</param>
    public async KernelTask<bool> ReleaseAsync(
        OpenFile file, FuseInode? inode, EntryIn? created = null)
    {
        bool isDirectory = inode is { IsDirectory: true };
        bool isSent = isDirectory
            ? FuseFile.Of(file).HasRelease
            : !conn.Unsupported.Contains(FuseOpcode.FUSE_OPEN);
        if (!isSent)
            return false;
        FuseFile open = FuseFile.Of(file);
        fuse_release_in arguments = new() { fh = open.Fh, flags = (uint)file.Flags };
        Requests.Subject about = new(
            inode, open.NodeId, created?.Handle ?? default);
        await requests.SendAsync(
            isDirectory ? FuseOpcode.FUSE_RELEASEDIR : FuseOpcode.FUSE_RELEASE, about,
            FuseArgs.Bytes(arguments), ReplyRoom.Nothing, bringsHandle: true);
        return true;
    }
}
