namespace HandleCache.Model.Kernel.Vfs;

/// <summary>struct super_operations (include/linux/fs.h, v6.18).</summary>
internal interface ISuperOperations
{
    /// <summary>The last reference of an inode is gone.</summary>
    void EvictInode(Inode inode);

    KernelTask<VfsResult> StatFsAsync(Dentry dentry);
}

/// <summary>struct dentry_operations (include/linux/dcache.h, v6.18).</summary>
internal interface IDentryOperations
{
    /// <summary>
    /// 1: the dentry may be used, 0: it is to be invalidated and looked up again, a negative
    /// errno: the walk ends.
    /// </summary>
    KernelTask<int> RevalidateAsync(Dentry dentry, LookupFlags flags);
}

/// <summary>struct export_operations (include/linux/exportfs.h, v6.18).</summary>
internal interface IExportOperations
{
    /// <summary>Handles can be opened; else they are for identity alone.</summary>
    bool CanDecode { get; }

    /// <summary>The handle; false where it does not fit.</summary>
    bool TryEncode(Dentry dentry, bool withParent, out uint type, out byte[] bytes);

    /// <summary>The object of a handle, with a reference, in the tree or not.</summary>
    KernelTask<(Dentry? Dentry, int Errno)> FhToDentryAsync(int type, byte[] bytes);

    /// <summary>The parent that a connectable handle names.</summary>
    KernelTask<(Dentry? Dentry, int Errno)> FhToParentAsync(int type, byte[] bytes);

    KernelTask<(Dentry? Dentry, int Errno)> GetParentAsync(Inode child);
}
