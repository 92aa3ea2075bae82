using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// What the server says of its own accord (R12; models fuse_notify(), fs/fuse/dev.c, and
/// fuse_reverse_inval_inode() and fuse_reverse_inval_entry(), fs/fuse/inode.c and dir.c, v6.18).
/// </summary>
internal sealed class Notify(
    DentryCache dcache, KernelFaults faults, Connection conn, Device device, WakeQueue wakes,
    InodeGet inodes, InodeAttributes attributes)
{
    private const ulong PageBytes = 4096;

    /// <summary>
    /// 0 or the errno of the server's write. Where a lock is held by a waiting call, the write
    /// would wait too: here it returns 0 and the work is done when the lock is free.
    /// </summary>
    public int Take(in FuseReply reply)
    {
        byte[] body = reply.Body.ToArray();
        switch ((FuseNotifyCode)reply.Header.error)
        {
            case FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE:
                return body.Length == Unsafe.SizeOf<fuse_notify_inval_inode_out>()
                    ? InvalidateInode(MemoryMarshal.Read<fuse_notify_inval_inode_out>(body))
                    : (int)Errno.EINVAL;
            case FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY:
                return InvalidateEntry(body);
            case FuseNotifyCode.FUSE_NOTIFY_DELETE:
                return DeleteEntry(body);
            case FuseNotifyCode.FUSE_NOTIFY_PRUNE
                when !conn.Follows(VersionRule.PruneUnknown):
                return Prune(body);
            case FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH
                when !conn.Follows(VersionRule.EpochUnknown):
                conn.Epoch++;
                return 0;
            case FuseNotifyCode.FUSE_NOTIFY_RESEND:
                device.Resend();
                return 0;
            case FuseNotifyCode.FUSE_NOTIFY_BACKING_CLOSE or FuseNotifyCode.FUSE_NOTIFY_MAP
                when conn.Follows(VersionRule.Minor47):
                // Of backing files: none is modelled.
                return 0;
            default:
                return (int)Errno.EINVAL;
        }
    }

    /// <summary>Models fuse_reverse_inval_inode().</summary>
    private int InvalidateInode(in fuse_notify_inval_inode_out arguments)
    {
        if (inodes.FindInode(arguments.ino) is not { } inode)
            return (int)Errno.ENOENT;
        inode.AttrVersion = conn.NextAttrVersion();
        inode.InvalMask |= StatxMask.BasicStats;
        if (!faults.Has(KernelFault.AclsKept))
            inode.ForgetAcls();
        if (arguments.off >= 0 || faults.Has(KernelFault.InvalInodeDropsPages))
        {
            ulong first = (ulong)Math.Max(0, arguments.off) / PageBytes;
            ulong last = arguments.len <= 0
                ? ulong.MaxValue
                : (ulong)(arguments.off + arguments.len - 1) / PageBytes;
            inode.Pages.RemoveWhere(page => page >= first && page <= last);
            inode.Listing.DropPages(first, last);
        }

        inode.Put();
        return 0;
    }

    private int InvalidateEntry(byte[] body)
    {
        if (!MemoryMarshal.TryRead(body, out fuse_notify_inval_entry_out arguments))
            return (int)Errno.EINVAL;
        int head = Unsafe.SizeOf<fuse_notify_inval_entry_out>();
        int errno = CheckName(body, head, arguments.namelen, out string name);
        return errno != 0
            ? errno
            : Outcome(ReverseInvalidateAsync(
                arguments.parent, 0, name,
                (arguments.flags & FuseConstants.FUSE_EXPIRE_ONLY) != 0
                    && !conn.Follows(VersionRule.ExpireOnlyUnknown)));
    }

    private int DeleteEntry(byte[] body)
    {
        if (!MemoryMarshal.TryRead(body, out fuse_notify_delete_out arguments))
            return (int)Errno.EINVAL;
        int head = Unsafe.SizeOf<fuse_notify_delete_out>();
        int errno = CheckName(body, head, arguments.namelen, out string name);
        return errno != 0
            ? errno
            : Outcome(ReverseInvalidateAsync(arguments.parent, arguments.child, name, false));
    }

    private int CheckName(byte[] body, int head, uint nameBytes, out string name)
    {
        name = "";
        if (nameBytes > conn.NameMax)
            return (int)Errno.ENAMETOOLONG;
        if (body.Length != head + nameBytes + 1)
            return (int)Errno.EINVAL;
        name = System.Text.Encoding.Latin1.GetString(body, head, (int)nameBytes);
        return 0;
    }

    private static int Outcome(KernelTask<int> task) => task.IsCompleted ? task.GetResult() : 0;

    /// <summary>
    /// Models fuse_reverse_inval_entry(), for INVAL_ENTRY and (with a child) DELETE.
    /// </summary>
    private async KernelTask<int> ReverseInvalidateAsync(
        ulong parentNodeId, ulong childNodeId, string name, bool expireOnly)
    {
        if (inodes.FindInode(parentNodeId) is not { } parent)
            return (int)Errno.ENOENT;
        wakes.Begin();
        await parent.Lock.AcquireAsync(exclusive: true);
        int errno = (int)Errno.ENOTDIR;
        if (parent.IsDirectory)
        {
            errno = (int)Errno.ENOENT;
            Dentry? directory = DentryCache.FindAlias(parent);
            Dentry? dentry = directory is null ? null : DentryCache.Lookup(directory, name);
            dcache.Put(directory);
            if (dentry is not null)
                errno = ReverseInvalidate(parent, dentry, childNodeId, expireOnly);
        }

        parent.Lock.Release(exclusive: true);
        parent.Put();
        wakes.End();
        return errno;
    }

    private int ReverseInvalidate(
        FuseInode parent, Dentry dentry, ulong childNodeId, bool expireOnly)
    {
        if (dentry.IsNegative && conn.Follows(VersionRule.InvalEntryNeedsInode))
        {
            dcache.Put(dentry);
            return (int)Errno.ENOENT;
        }

        attributes.DirectoryChanged(parent);
        if (!expireOnly || faults.Has(KernelFault.ExpireOnlyDrops))
            dcache.Invalidate(dentry);
        dentry.ExpiryNs = 0;
        int errno = 0;
        if (childNodeId != 0 && dentry.FuseInode is { } child)
        {
            if (child.NodeId != childNodeId && !faults.Has(KernelFault.DeleteSkipsChild))
            {
                errno = (int)Errno.ENOENT;
            }
            else if (child.IsDirectory)
            {
                // What the running kernel taught: simple_empty() counts names that can be found;
                // one that was dropped and is still open somewhere is none.
                dcache.ShrinkBelow(dentry);
                if (dentry.Children.Any(entry => entry is { IsNegative: false, IsHashed: true }))
                    errno = (int)Errno.ENOTEMPTY;
                else
                    child.IsDead = true;
            }

            if (errno == 0)
            {
                if (!faults.Has(KernelFault.DeleteLeavesNLink))
                    child.NLink = 0;
                DentryCache.Delete(dentry);
            }
        }

        dcache.Put(dentry);
        return errno;
    }

    /// <summary>
    /// FUSE_NOTIFY_PRUNE (6.18): unused names of these inodes go; unknown ones are skipped.
    /// </summary>
    private int Prune(byte[] body)
    {
        int head = Unsafe.SizeOf<fuse_notify_prune_out>();
        if (!MemoryMarshal.TryRead(body, out fuse_notify_prune_out arguments)
            || body.Length != head + ((long)arguments.count * sizeof(ulong)))
        {
            return (int)Errno.EINVAL;
        }

        for (int at = head; at < body.Length; at += sizeof(ulong))
        {
            if (inodes.FindInode(MemoryMarshal.Read<ulong>(body.AsSpan(at))) is not { } inode)
                continue;
            dcache.PruneAliases(inode);
            inode.Put();
            if (faults.Has(KernelFault.PruneTakesFirst))
                break;
        }

        return 0;
    }
}
