namespace HandleCache.Protocol.Uapi;

/// <summary>Flags of the *at calls (uapi/linux/fcntl.h).</summary>
public static class AtFlags
{
    /// <summary>AT_FDCWD: the working directory in place of a descriptor.</summary>
    public const int FdCwd = -100;

    public const int SymlinkNoFollow = 0x100;
    public const int EAccess = 0x200;
    public const int RemoveDir = 0x200;
    public const int SymlinkFollow = 0x400;
    public const int NoAutomount = 0x800;
    public const int EmptyPath = 0x1000;

    public const int StatxSyncAsStat = 0;
    public const int StatxForceSync = 0x2000;
    public const int StatxDontSync = 0x4000;

    /// <summary>name_to_handle_at: a handle that only identifies; open may refuse it.</summary>
    public const int HandleFid = 0x200;

    /// <summary>name_to_handle_at: the mount id is the unique 64-bit one (since 6.12).</summary>
    public const int HandleMountIdUnique = 0x1;

    /// <summary>name_to_handle_at: the handle also names the parent (since 6.13).</summary>
    public const int HandleConnectable = 0x2;
}
