using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// What a reply says of an object: fuse_change_attributes() (R9; models fs/fuse/inode.c, v6.18).
/// </summary>
internal sealed class InodeAttributes(
    KernelFaults faults, Connection conn, FuseInodeCache cache, Clock clock)
{
    /// <summary>FUSE_STATX_MODIFY and size: what a write or truncation outdates.</summary>
    public const uint StatxModSize =
        StatxMask.MTime | StatxMask.CTime | StatxMask.Blocks | StatxMask.Size;

    /// <summary>FUSE_STATX_MODDIR: what a change of a directory outdates from 7.2 on.</summary>
    private const uint StatxModDir = StatxModSize | StatxMask.NLink;

    /// <summary>fc->evict_ctr; starts at 1, because 0 means "does not matter".</summary>
    public ulong EvictCtr => conn.Follows(VersionRule.EvictionsUncounted)
        ? 0
        : (ulong)cache.EvictCtr + 1;

    /// <summary>fuse_invalid_attr().</summary>
    public static bool IsInvalid(in fuse_attr attr) =>
        !FileModes.IsFileType(attr.mode) || attr.size > long.MaxValue;

    /// <summary>The attributes of an entry, where it has any.</summary>
    public void TakeAttributes(
        FuseInode inode, EntryIn entry, ulong attrVersion, ulong evictCtr)
    {
        if (!entry.LacksAttributes)
        {
            ChangeAttributes(
                inode, entry.Entry.attr,
                clock.Expiry(entry.Entry.attr_valid, entry.Entry.attr_valid_nsec), attrVersion,
                evictCtr);
        }
    }

    /// <summary>
    /// R9, models fuse_change_attributes(): taken unless something newer is known (attr_version)
    /// or a truncation is under way.
    /// </summary>
    /// <param name="inode">Whose.</param>
    /// <param name="attr">From the server.</param>
    /// <param name="expiryNs">Until when they are believed.</param>
    /// <param name="attrVersion">
    /// The connection's when the request was sent; 0 accepts always.
    /// </param>
    /// <param name="evictCtr">The same of evict_ctr; 0 where evictions do not matter.</param>
    public void ChangeAttributes(
        FuseInode inode, in fuse_attr attr, long expiryNs, ulong attrVersion, ulong evictCtr)
    {
        bool isOlder = attrVersion != 0 && inode.AttrVersion > attrVersion
            && !faults.Has(KernelFault.OldAttributesWin);
        if (isOlder || inode.SizeUnstable)
            return;
        KernelTime oldMtime = inode.MTime;
        ulong oldSize = inode.Size;
        bool isNew = inode.AttrVersion == 0;
        SetAttributes(inode, attr, expiryNs, evictCtr);
        inode.Size = attr.size;
        if (!inode.IsRegular || isNew)
            return;
        if (oldSize != attr.size)
        {
            if (!faults.Has(KernelFault.SizeChangeKeepsPages)
                && (!conn.ExplicitInvalData || attr.size < oldSize))
            {
                inode.Pages.Clear();
            }
        }
        else if (conn.AutoInvalData && oldMtime != inode.MTime)
        {
            inode.Pages.Clear();
        }
    }

    /// <summary>fuse_change_attributes_common(), without the size.</summary>
    public void SetAttributes(
        FuseInode inode, in fuse_attr attr, long expiryNs, ulong evictCtr)
    {
        bool isKnown = inode.AttrVersion != 0
            && !faults.Has(KernelFault.EvictionDoubtsKnown);
        if (evictCtr == 0 || isKnown || evictCtr == EvictCtr)
            inode.InvalMask &= ~StatxMask.BasicStats;
        inode.AttrVersion = conn.NextAttrVersion();
        inode.AttrExpiryNs = expiryNs;
        inode.Ino = attr.ino;
        inode.Mode = (inode.Mode & FileModes.TypeMask) | (attr.mode & FileModes.PermissionMask);
        inode.NLink = attr.nlink;
        inode.Uid = attr.uid;
        inode.Gid = attr.gid;
        inode.Blocks = attr.blocks;
        inode.ATime = Clock.Time(attr.atime, attr.atimensec);
        inode.MTime = Clock.Time(attr.mtime, attr.mtimensec);
        inode.CTime = Clock.Time(attr.ctime, attr.ctimensec);
        inode.BlkSize = attr.blksize;
    }

    /// <summary>fuse_dir_changed().</summary>
    public void DirectoryChanged(FuseInode directory)
    {
        if (!faults.Has(KernelFault.DirectoryChangeUnseen))
        {
            directory.InvalMask |= conn.Follows(VersionRule.DirectoryChangeKeepsOwner)
                ? StatxModDir
                : StatxMask.BasicStats;
            directory.ChangeVersion();
        }
    }
}
