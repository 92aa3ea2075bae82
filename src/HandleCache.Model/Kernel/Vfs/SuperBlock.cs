namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// struct super_block: one mounted file system, as its fill_super() makes it. The kernel has its
/// operations per inode; one file system has one of each.
/// </summary>
internal sealed class SuperBlock(DentryCache dcache)
{
    public DentryCache Dcache { get; } = dcache;

    public required IInodeOperations InodeOperations { get; init; }

    public required IDentryOperations DentryOperations { get; init; }

    public required IFileOperations FileOperations { get; init; }

    public required IDataOperations DataOperations { get; init; }

    public required IXattrOperations XattrOperations { get; init; }

    public required ISuperOperations SuperOperations { get; init; }

    public required IExportOperations ExportOperations { get; init; }

    /// <summary>s_root; null while nothing is mounted.</summary>
    public Dentry? MountedRoot { get; set; }

    /// <summary>s_root.</summary>
    /// <exception cref="InvalidOperationException">Nothing is mounted.</exception>
    public Dentry Root => MountedRoot ?? throw new InvalidOperationException("not mounted");
}
