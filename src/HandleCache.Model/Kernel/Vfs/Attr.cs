using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// Attributes are changed: notify_change() and setattr_prepare() (models fs/attr.c, v6.18), and
/// the call of fs/utimes.c.
/// </summary>
internal sealed class Attr(IInodeOperations iops, NameiRetry retry, Current current)
{
    /// <summary>notify_change(), with the inode's lock held around it.</summary>
    public async KernelTask<int> ChangeAsync(Dentry dentry, Iattr changes)
    {
        KernelLock held = dentry.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        try
        {
            return await iops.SetAttrAsync(dentry, changes);
        }
        finally
        {
            held.Release(exclusive: true);
        }
    }

    /// <summary>
    /// setattr_prepare(): what the owner alone may change; a set-group-ID bit goes where the
    /// caller is not of the group.
    /// </summary>
    public static int Prepare(Current current, Inode inode, ref Iattr changes)
    {
        AttrFlags valid = changes.Valid;
        if ((valid & AttrFlags.Force) != 0 || current.IsCapable)
            return 0;
        bool isOwner = inode.Uid == current.FsUid;
        bool keepsUid = isOwner && changes.Uid == inode.Uid;
        bool takesGid = isOwner
            && (changes.Gid == inode.Gid || current.IsInGroup(changes.Gid));
        const AttrFlags Owners = AttrFlags.Mode | AttrFlags.ATime | AttrFlags.MTime;
        if (((valid & AttrFlags.Uid) != 0 && !keepsUid)
            || ((valid & AttrFlags.Gid) != 0 && !takesGid)
            || ((valid & Owners) != 0 && !isOwner))
        {
            return (int)Errno.EPERM;
        }

        uint gid = (valid & AttrFlags.Gid) != 0 ? changes.Gid : inode.Gid;
        if ((valid & AttrFlags.Mode) != 0 && !current.IsInGroup(gid))
            changes = changes with { Mode = changes.Mode & ~FileModes.SetGid };
        return 0;
    }

    /// <summary>
    /// setattr_should_drop_suidgid(): a caller without CAP_FSETID takes the bits away with the
    /// contents.
    /// </summary>
    public static bool DropsPrivileges(Current current, Inode inode)
    {
        bool hasSetGid = (inode.Mode & FileModes.SetGid) != 0
            && ((inode.Mode & FileModes.GroupExecute) != 0 || !current.IsInGroup(inode.Gid));
        return inode.IsRegular && !current.IsCapable
            && ((inode.Mode & FileModes.SetUid) != 0 || hasSetGid);
    }

    /// <summary>do_truncate(): privileges go with the size.</summary>
    public KernelTask<int> TruncateAsync(Dentry dentry, Iattr changes) => ChangeAsync(
        dentry,
        DropsPrivileges(current, dentry.Inode!)
            ? changes with
            {
                Valid = changes.Valid | AttrFlags.KillPrivileges | AttrFlags.Force,
            }
            : changes);

    /// <summary>utimensat(): both times, in whole seconds.</summary>
    public KernelTask<VfsResult> UTimesAsync(VfsCall call) => retry.AtObjectAsync(
        call.Path,
        async dentry => new VfsResult(await ChangeAsync(
            dentry,
            new()
            {
                Valid = AttrFlags.ATime | AttrFlags.MTime,
                ATime = new((ulong)call.Size, 0),
                MTime = new((ulong)call.Size, 0),
            })));
}
