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
        else if (answer.Errno is (int)Errno.EINTR or (int)Errno.ENOENT)
        {
            creates.InvalidateEntry(dentry);
        }

        return answer.Errno;
    }

    /// <summary>fuse_entry_unlinked().</summary>
    private void EntryUnlinked(Dentry dentry)
    {
        FuseInode inode = dentry.FuseInode!;
        inode.AttrVersion = conn.NextAttrVersion();
        if (inode.IsDirectory)
            inode.NLink = 0;
        else if (inode.NLink > 0 && !faults.Has(KernelFault.UnlinkKeepsNLink))
            inode.NLink--;
        if (!faults.Has(KernelFault.UnlinkedNameStaysValid))
            dentry.ExpiryNs = 0;
        inode.InvalMask |= StatxMask.CTime;
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
                old.FuseInode!.InvalMask |= StatxMask.CTime;
            if ((flags & RenameFlags.Exchange) != 0)
                fresh.FuseInode!.InvalMask |= StatxMask.CTime;
            attributes.DirectoryChanged(from);
            if (from != to)
                attributes.DirectoryChanged(to);
            if ((flags & RenameFlags.Exchange) == 0 && !fresh.IsNegative)
                EntryUnlinked(fresh);
        }
        else if (answer.Errno is (int)Errno.EINTR or (int)Errno.ENOENT)
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
