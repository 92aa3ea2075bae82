using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>fuse_setattr() and fuse_do_setattr() (R19; models fs/fuse/dir.c, v6.18).</summary>
internal sealed class DirSetAttr(
    KernelFaults faults, Connection conn, Clock clock, Requests requests, InodeGet inodes,
    InodeAttributes attributes, DirAttributes dirAttributes)
{
    /// <summary>fuse_setattr() and fuse_do_setattr().</summary>
    public async KernelTask<int> SetAttrAsync(
        Dentry dentry, Iattr changes)
    {
        FuseInode inode = dentry.FuseInode!;
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        if ((changes.Valid & AttrFlags.Open) != 0 && conn.AtomicTruncate)
        {
            // OPEN has truncated already (fuse_do_setattr(): atomic_o_trunc).
            return 0;
        }

        FuseFile? file = changes.File is { } opened ? FuseFile.Of(opened) : null;
        fuse_setattr_in arguments = ToFuse(changes);
        FuseSetattrValid valid = (FuseSetattrValid)arguments.valid;
        bool isTruncate = (valid & FuseSetattrValid.FATTR_SIZE) != 0;
        bool isChown = (valid & (FuseSetattrValid.FATTR_UID | FuseSetattrValid.FATTR_GID)) != 0;
        if (isChown && !inode.IsDirectory && !conn.ServerKillsPrivileges
            && !faults.Has(KernelFault.PrivilegesKept))
        {
            // The bits to take away are those of now: what is known of the mode may be old.
            (int failed, _) = await dirAttributes.GetAttrAsync(inode, file);
            if (failed != 0)
                return failed;
            const uint SetGidExec = FileModes.SetGid | 0x8;
            uint kept = inode.Mode & ~FileModes.SetUid;
            if ((inode.Mode & SetGidExec) == SetGidExec)
                kept &= ~FileModes.SetGid;
            if (kept != inode.Mode)
            {
                valid |= FuseSetattrValid.FATTR_MODE;
                arguments.mode = kept;
            }
        }

        if (isTruncate)
            inode.SizeUnstable = true;
        if (file is not null)
        {
            valid |= FuseSetattrValid.FATTR_FH;
            arguments.fh = file.Fh;
        }

        if (conn.KillPrivV2 && !inode.IsDirectory && isChown)
            valid |= FuseSetattrValid.FATTR_KILL_SUIDGID;
        if (isTruncate)
            valid |= FuseSetattrValid.FATTR_LOCKOWNER;
        arguments.valid = (uint)valid;
        ulong attrVersion = conn.AttrVersion;
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_SETATTR, inode, FuseArgs.Bytes(arguments),
            ReplyRoom.Of<fuse_attr_out>());
        int errno = answer.Errno;
        if (errno == (int)Errno.EINTR)
            inode.InvalMask |= StatxMask.BasicStats;
        if (errno == 0)
            errno = TakeSetAttrReply(inode, answer.Body, attrVersion);
        inode.SizeUnstable = false;
        bool isNewMode = inode.IsDirectory && (valid & FuseSetattrValid.FATTR_MODE) != 0;
        if (errno == 0 && isNewMode && !faults.Has(KernelFault.ChModKeepsName))
            dentry.ExpiryNs = 0;
        return errno;
    }

    private int TakeSetAttrReply(FuseInode inode, byte[] body, ulong attrVersion)
    {
        fuse_attr_out reply = MemoryMarshal.Read<fuse_attr_out>(body);
        if (InodeAttributes.IsInvalid(reply.attr)
            || ((reply.attr.mode ^ inode.Mode) & FileModes.TypeMask) != 0)
        {
            inodes.MakeBad(inode);
            return (int)Errno.EIO;
        }

        bool isOlder = inode.AttrVersion > attrVersion
            && !faults.Has(KernelFault.OldSetAttrStaysValid);
        attributes.SetAttributes(
            inode, reply.attr,
            isOlder ? 0 : clock.Expiry(reply.attr_valid, reply.attr_valid_nsec), evictCtr: 0);
        if (inode.Size != reply.attr.size)
            inode.Pages.Clear();
        inode.Size = reply.attr.size;
        return 0;
    }

    /// <summary>iattr_to_fattr(), without the file.</summary>
    private static fuse_setattr_in ToFuse(in Iattr changes)
    {
        FuseSetattrValid valid = 0;
        foreach ((AttrFlags flag, FuseSetattrValid bit) in Bits)
            valid |= (changes.Valid & flag) != 0 ? bit : 0;
        return new()
        {
            valid = (uint)valid,
            mode = changes.Mode,
            gid = changes.Gid,
            size = changes.Size,
            atime = changes.ATime.Seconds,
            mtime = changes.MTime.Seconds,
        };
    }

    private static readonly (AttrFlags Flag, FuseSetattrValid Bit)[] Bits =
    [
        (AttrFlags.Mode, FuseSetattrValid.FATTR_MODE),
        (AttrFlags.Gid, FuseSetattrValid.FATTR_GID),
        (AttrFlags.Size, FuseSetattrValid.FATTR_SIZE),
        (AttrFlags.ATime, FuseSetattrValid.FATTR_ATIME),
        (AttrFlags.MTime, FuseSetattrValid.FATTR_MTIME),
    ];
}
