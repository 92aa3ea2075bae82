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
        FuseFile? file = changes.File is { } opened ? FuseFile.Of(opened) : null;
        if ((changes.Valid & AttrFlags.KillPrivileges) != 0)
        {
            (changes, int failed) = await KillPrivilegesAsync(inode, file, changes);
            if (failed != 0)
                return failed;
        }

        if (changes.Valid == AttrFlags.None)
            return 0;
        int errno = await DoSetAttrAsync(inode, file, changes);
        if (errno != 0)
            return errno;
        if (conn.PosixAcl)
            inode.ForgetAcls();
        bool isNewMode = inode.IsDirectory && (changes.Valid & AttrFlags.Mode) != 0;
        if (isNewMode && !faults.Has(KernelFault.ChModKeepsName))
            dentry.ExpiryNs = 0;
        return 0;
    }

    /// <summary>
    /// The bits that go with a change: the server's business where it has said so. Else those of
    /// now, since what is known of the mode may be old.
    /// </summary>
    private async KernelTask<(Iattr Changes, int Errno)> KillPrivilegesAsync(
        FuseInode inode, FuseFile? file, Iattr changes)
    {
        changes = changes with
        {
            Valid = changes.Valid & ~(AttrFlags.KillPrivileges | AttrFlags.Mode),
        };
        if (conn.ServerKillsPrivileges || faults.Has(KernelFault.PrivilegesKept))
            return (changes, 0);
        (int errno, _) = await dirAttributes.GetAttrAsync(inode, file);
        const uint SetGidExec = FileModes.SetGid | FileModes.GroupExecute;
        uint kept = inode.Mode & ~FileModes.SetUid;
        if ((inode.Mode & SetGidExec) == SetGidExec)
            kept &= ~FileModes.SetGid;
        return kept == inode.Mode
            ? (changes, errno)
            : (changes with { Valid = changes.Valid | AttrFlags.Mode, Mode = kept }, errno);
    }

    /// <summary>fuse_do_setattr().</summary>
    public async KernelTask<int> DoSetAttrAsync(FuseInode inode, FuseFile? file, Iattr changes)
    {
        bool isChecked = conn.DefaultPermissions && !faults.Has(KernelFault.OwnerUnchecked);
        int errno = isChecked ? Attr.Prepare(conn.Current, inode, ref changes) : 0;
        if (errno != 0)
            return errno;
        if ((changes.Valid & AttrFlags.Open) != 0)
        {
            // OPEN has truncated already (fuse_do_setattr(): atomic_o_trunc); else the file that
            // is being opened is not named.
            if (conn.AtomicTruncate)
                return 0;
            file = null;
        }

        fuse_setattr_in arguments = ToFuse(changes);
        FuseSetattrValid valid = (FuseSetattrValid)arguments.valid;
        bool isTruncate = (valid & FuseSetattrValid.FATTR_SIZE) != 0;
        bool isChown = (valid & (FuseSetattrValid.FATTR_UID | FuseSetattrValid.FATTR_GID)) != 0;
        if (isTruncate)
            inode.SizeUnstable = true;
        if (file is not null)
        {
            valid |= FuseSetattrValid.FATTR_FH;
            arguments.fh = file.Fh;
        }

        bool kills = (isChown && !inode.IsDirectory) || (isTruncate && !conn.Current.IsCapable);
        if (conn.KillPrivV2 && kills)
            valid |= FuseSetattrValid.FATTR_KILL_SUIDGID;
        if (isTruncate)
            valid |= FuseSetattrValid.FATTR_LOCKOWNER;
        arguments.valid = (uint)valid;
        ulong attrVersion = conn.AttrVersion;
        KernelAnswer answer = await requests.SendAsync(
            FuseOpcode.FUSE_SETATTR, inode, FuseArgs.Bytes(arguments),
            ReplyRoom.Of<fuse_attr_out>());
        errno = answer.Errno;
        if (errno == (int)Errno.EINTR)
            inode.InvalMask |= StatxMask.BasicStats;
        if (errno == 0)
            errno = TakeSetAttrReply(inode, answer.Body, attrVersion);
        inode.SizeUnstable = false;
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
            && !faults.Has(KernelFault.OldSetAttrStaysValid)
            && !conn.Follows(VersionRule.SetAttrUncompared);
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
            uid = changes.Uid,
            gid = changes.Gid,
            size = changes.Size,
            atime = changes.ATime.Seconds,
            mtime = changes.MTime.Seconds,
        };
    }

    private static readonly (AttrFlags Flag, FuseSetattrValid Bit)[] Bits =
    [
        (AttrFlags.Mode, FuseSetattrValid.FATTR_MODE),
        (AttrFlags.Uid, FuseSetattrValid.FATTR_UID),
        (AttrFlags.Gid, FuseSetattrValid.FATTR_GID),
        (AttrFlags.Size, FuseSetattrValid.FATTR_SIZE),
        (AttrFlags.ATime, FuseSetattrValid.FATTR_ATIME),
        (AttrFlags.MTime, FuseSetattrValid.FATTR_MTIME),
    ];
}
