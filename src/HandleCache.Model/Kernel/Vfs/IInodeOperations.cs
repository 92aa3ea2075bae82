namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// struct inode_operations (include/linux/fs.h, v6.18). Unless it says otherwise a method gives 0
/// or an errno, and the caller holds the locks that the kernel's VFS holds.
/// </summary>
internal interface IInodeOperations
{
    /// <summary>
    /// Looks a name up into its dentry. Another one (with a reference) is to be used where a
    /// directory was known elsewhere.
    /// </summary>
    KernelTask<(Dentry? Other, int Errno)> LookupAsync(Dentry directory, Dentry dentry);

    /// <summary>Looks up, creates and opens at once; takes the dentry's reference.</summary>
    KernelTask<LookedUp> AtomicOpenAsync(
        Dentry directory, Dentry dentry, int flags, uint mode);

    KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        Dentry directory, Dentry dentry, int flags, uint mode);

    KernelTask<int> MkNodAsync(Dentry directory, Dentry dentry, uint mode, uint rdev);

    KernelTask<int> MkDirAsync(Dentry directory, Dentry dentry, uint mode);

    KernelTask<int> SymlinkAsync(Dentry directory, Dentry dentry, string target);

    KernelTask<int> LinkAsync(Inode inode, Dentry directory, Dentry dentry);

    KernelTask<int> UnlinkAsync(Dentry directory, Dentry dentry);

    KernelTask<int> RmDirAsync(Dentry directory, Dentry dentry);

    KernelTask<int> RenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags);

    KernelTask<(string? Target, int Errno)> GetLinkAsync(Inode inode);

    /// <param name="inode">Of what.</param>
    /// <param name="mask">Bits of <see cref="May"/>.</param>
    KernelTask<int> PermissionAsync(Inode inode, int mask);

    /// <summary>The access control list, asked for where it is not cached.</summary>
    KernelTask<(PosixAcl? Acl, int Errno)> GetInodeAclAsync(Inode inode);

    /// <param name="inode">Of what.</param>
    /// <param name="mask">STATX_ bits.</param>
    /// <param name="flags">AT_STATX_ flags.</param>
    KernelTask<VfsResult> GetAttrAsync(Inode inode, uint mask, int flags);

    KernelTask<int> SetAttrAsync(Dentry dentry, Iattr changes);
}

/// <summary>What came of a name that is to be opened.</summary>
/// <param name="Dentry">With a reference; null for an error.</param>
/// <param name="Errno">0 on success.</param>
/// <param name="File">The open file, where the file system opened it at once.</param>
/// <param name="IsCreated">It was not there before.</param>
internal readonly record struct LookedUp(
    Dentry? Dentry, int Errno, OpenFile? File = null, bool IsCreated = false);

/// <summary>MAY_ bits of what a caller wants to do.</summary>
internal static class May
{
    public const int Exec = 1;
    public const int Write = 2;
    public const int Read = 4;
    public const int Access = 0x10;
    public const int Open = 0x20;
    public const int Chdir = 0x40;
}

/// <summary>Attributes to be set (struct iattr).</summary>
internal readonly record struct Iattr
{
    public AttrFlags Valid { get; init; }

    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public ulong Size { get; init; }

    public KernelTime ATime { get; init; }

    public KernelTime MTime { get; init; }

    /// <summary>ia_file: the open file by which the size is set; null for none.</summary>
    public OpenFile? File { get; init; }
}

/// <summary>ATTR_ bits: which fields of <see cref="Iattr"/> are to be set.</summary>
[Flags]
internal enum AttrFlags
{
    None = 0,
    Mode = 1,
    Uid = 2,
    Gid = 4,
    Size = 8,
    ATime = 16,
    MTime = 32,

    /// <summary>ATTR_FORCE: whoever calls may do it.</summary>
    Force = 1 << 9,

    /// <summary>ATTR_KILL_SUID and ATTR_KILL_SGID: privileges go with the change.</summary>
    KillPrivileges = 1 << 11,

    /// <summary>The truncation of open(2) with O_TRUNC.</summary>
    Open = 1 << 15,
}
