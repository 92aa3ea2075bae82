using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Names that go or move: fuse_unlink(), fuse_rmdir(), fuse_rename_common() (R13; models
/// fs/fuse/dir.c, v6.18).
/// </summary>
internal sealed class DirRemove(
    KernelFaults faults, Connection conn, Requests requests, InodeGet inodes,
    InodeAttributes attributes, DirCreate creates)
{
    /// <summary>R13, models fuse_unlink() and fuse_rmdir().</summary>
    public async KernelTask<int> RemoveAsync(FuseOpcode opcode, Dentry directory, Dentry dentry)
    {
        FuseInode dir = directory.FuseInode!;
        if (inodes.IsBad(dir))
            return (int)Errno.EIO;
        KernelAnswer answer = await requests.SendAsync(
            opcode, dir, FuseArgs.Bytes(dentry.Name), ReplyRoom.Nothing);
        if (answer.Errno == 0)
        {
            attributes.DirectoryChanged(dir);
            EntryUnlinked(dentry);
        }
        else if (IsDoubtful(answer.Errno))
        {
            creates.InvalidateEntry(dentry);
        }

        return answer.Errno;
    }

    /// <summary>fuse_entry_unlinked().</summary>
    private void EntryUnlinked(Dentry dentry)
    {
        FuseInode inode = dentry.FuseInode!;
        bool isUnmarked = conn.Follows(VersionRule.RemovedUnmarked);
        if (!isUnmarked || !inode.IsDirectory)
            inode.AttrVersion = conn.NextAttrVersion();
        if (inode.IsDirectory)
            inode.NLink = 0;
        else if (inode.NLink > 0 && !faults.Has(KernelFault.UnlinkKeepsNLink))
            inode.NLink--;
        if (!faults.Has(KernelFault.UnlinkedNameStaysValid))
            dentry.ExpiryNs = 0;
        if (!isUnmarked || !inode.IsDirectory)
            conn.Outdate(inode, StatxMask.CTime);
    }

    /// <summary>After this errno it is not known whether the name is still there.</summary>
    private bool IsDoubtful(int errno) => errno == (int)Errno.EINTR
        || (errno == (int)Errno.ENOENT && !conn.Follows(VersionRule.AbsentStays));

    private void EntryReplaced(Dentry dentry)
    {
        if (!conn.Follows(VersionRule.RemovedUnmarked))
        {
            EntryUnlinked(dentry);
            return;
        }

        conn.Outdate(dentry.FuseInode!, StatxMask.CTime);
        dentry.ExpiryNs = 0;
    }

    /// <summary>Models fuse_rename2() and fuse_rename_common().</summary>
    public async KernelTask<int> SendRenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags)
    {
        FuseInode from = oldDirectory.FuseInode!;
        FuseInode to = newDirectory.FuseInode!;
        if (inodes.IsBad(from))
            return (int)Errno.EIO;
        FuseOpcode opcode = flags == 0 ? FuseOpcode.FUSE_RENAME : FuseOpcode.FUSE_RENAME2;
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_RENAME2) && flags != 0)
            return (int)Errno.EINVAL;
        byte[] body = flags == 0
            ? FuseArgs.Bytes(new fuse_rename_in { newdir = to.NodeId }, old.Name, fresh.Name)
            : FuseArgs.Bytes(
                new fuse_rename2_in { newdir = to.NodeId, flags = (uint)flags },
                old.Name, fresh.Name);
        KernelAnswer answer = await requests.AskAsync(opcode, from, body, ReplyRoom.Nothing);
        if (answer.Errno == 0)
        {
            if (!faults.Has(KernelFault.RenameKeepsCTime))
                conn.Outdate(old.FuseInode!, StatxMask.CTime);
            if ((flags & RenameFlags.Exchange) != 0)
                conn.Outdate(fresh.FuseInode!, StatxMask.CTime);
            attributes.DirectoryChanged(from);
            if (from != to)
                attributes.DirectoryChanged(to);
            if ((flags & RenameFlags.Exchange) == 0 && !fresh.IsNegative)
                EntryReplaced(fresh);
        }
        else if (IsDoubtful(answer.Errno))
        {
            creates.InvalidateEntry(old);
            if (!fresh.IsNegative)
                creates.InvalidateEntry(fresh);
        }

        return answer.Errno == (int)Errno.ENOSYS && flags != 0
            ? (int)Errno.EINVAL
            : answer.Errno;
    }
}
