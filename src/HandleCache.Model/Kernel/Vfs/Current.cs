namespace HandleCache.Model.Kernel.Vfs;

/// <summary>What the model keeps of a task_struct.</summary>
internal sealed class Caller
{
    /// <summary>
    /// current_fsuid(), and current_fsgid(), which has the same number. No other groups.
    /// </summary>
    public uint FsUid { get; set; }

    /// <summary>The number that its requests bear.</summary>
    public int Pid { get; init; }

    /// <summary>
    /// signal_pending(): from the signal to the end of the system call, where it is handled.
    /// </summary>
    public bool SignalPending { get; set; }
}

/// <summary>
/// current: whose call runs just now. Who waits is the caller again when he goes on
/// (<see cref="KernelTask{T}"/>), as each of the kernel's tasks has its own credentials and
/// signals.
/// </summary>
internal sealed class Current
{
    /// <summary>Root, where no call runs.</summary>
    public static Caller Nobody { get; } = new();

    public Caller Task { get; set; } = Nobody;

    public uint FsUid => Task.FsUid;

    /// <summary>
    /// capable(): root has every capability, anybody else has none about files (setfsuid(2)).
    /// </summary>
    public bool IsCapable => FsUid == 0;

    /// <summary>in_group_p().</summary>
    public bool IsInGroup(uint gid) => gid == FsUid;

    /// <summary>inode_owner_or_capable().</summary>
    public bool OwnsOrIsCapable(Inode inode) => inode.Uid == FsUid || IsCapable;
}
