namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// current_cred(): whose call runs just now. Who waits is the caller again when he goes on
/// (<see cref="KernelTask{T}"/>), as each of the kernel's tasks has its own credentials.
/// </summary>
internal sealed class Current
{
    /// <summary>
    /// current_fsuid(), and current_fsgid(), which has the same number. No other groups.
    /// </summary>
    public uint FsUid { get; set; }

    /// <summary>
    /// capable(): root has every capability, anybody else has none about files (setfsuid(2)).
    /// </summary>
    public bool IsCapable => FsUid == 0;

    /// <summary>in_group_p().</summary>
    public bool IsInGroup(uint gid) => gid == FsUid;

    /// <summary>inode_owner_or_capable().</summary>
    public bool OwnsOrIsCapable(Inode inode) => inode.Uid == FsUid || IsCapable;
}
