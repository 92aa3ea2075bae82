using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// The cold part of struct fuse_inode (fs/fuse/fuse_i.h, v6.18), around its struct inode: nlookup,
/// handle and badness are the <see cref="FuseInodeCache"/>'s.
/// </summary>
internal sealed class FuseInode(
    InodeIndex index, ulong nodeId, uint generation, uint mode, ISuperOperations super,
    WakeQueue wakes)
    : Inode(super, generation, mode, wakes)
{
    private static readonly KernelTask<bool> NotLocked = KernelTask<bool>.Of(false);

    private WakeQueue _wakes = wakes;

    public InodeIndex Index { get; } = index;

    /// <summary>Changes only where inodes are found by handle (InodeGet).</summary>
    public ulong NodeId { get; set; } = nodeId;

    /// <summary>fi->attr_version; 0 as long as no attributes were taken.</summary>
    public ulong AttrVersion { get; set; }

    /// <summary>fi->i_time: until when attributes are believed, ns; 0 is never.</summary>
    public long AttrExpiryNs { get; set; }

    /// <summary>fi->inval_mask: STATX_ bits to be asked for before they are used.</summary>
    public uint InvalMask { get; set; } = uint.MaxValue;

    /// <summary>FUSE_I_ADVISE_RDPLUS.</summary>
    public bool AdvisesReadDirPlus { get; set; }

    /// <summary>FUSE_I_INIT_RDPLUS.</summary>
    public bool CameByReadDirPlus { get; set; }

    /// <summary>FUSE_I_SIZE_UNSTABLE.</summary>
    public bool SizeUnstable { get; set; }

    /// <summary>
    /// fi->mutex, held around LOOKUP and READDIR of a directory where the server does not take
    /// them at once; null as long as it was not needed.
    /// </summary>
    public KernelLock? Mutex { get; private set; }

    /// <summary>fuse_lock_inode(): not where FUSE_PARALLEL_DIROPS is agreed on.</summary>
    public KernelTask<bool> LockAsync(Connection conn)
    {
        if (conn.ParallelDirops)
            return NotLocked;
        Mutex ??= new(_wakes);
        return Mutex.AcquireAsync(exclusive: true);
    }

    /// <summary>fuse_unlock_inode().</summary>
    public void Unlock(bool isLocked)
    {
        if (isLocked)
            Mutex!.Release(exclusive: true);
    }

    /// <summary>What is cached of a directory's names.</summary>
    public DirectoryListing Listing { get; private set; } = new();

    /// <summary>The same object in another kernel, without a name yet.</summary>
    public FuseInode CopyFor(ISuperOperations super, WakeQueue wakes)
    {
        FuseInode copy = (FuseInode)Copy(super, wakes);
        copy.Listing = Listing.Copy();
        copy._wakes = wakes;
        copy.Mutex = null;
        return copy;
    }
}

/// <summary>What <see cref="SideTable{T}"/> holds of an inode.</summary>
internal struct ColdInode
{
    public FuseInode? Inode;
}

/// <summary>What FUSE keeps in a dentry.</summary>
internal static class FuseDentry
{
    extension(Dentry dentry)
    {
        /// <summary>get_fuse_inode(d_inode(dentry)); null for a negative dentry.</summary>
        public FuseInode? FuseInode => (FuseInode?)dentry.Inode;

        /// <summary>
        /// fuse_dentry_time(), in d_fsdata: until when the name is believed, ns; 0 is never.
        /// </summary>
        public long ExpiryNs
        {
            get => dentry.FsData;
            set => dentry.FsData = value;
        }

        /// <summary>d_time: the connection's epoch when the name was looked up.</summary>
        public int Epoch
        {
            get => dentry.Time;
            set => dentry.Time = value;
        }
    }
}
