namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// struct file_operations (include/linux/fs.h, v6.18), without what is about a file's data.
/// </summary>
internal interface IFileOperations
{
    /// <summary>Opens a regular file or a directory.</summary>
    /// <param name="dentry">What.</param>
    /// <param name="flags">All flags of open(2).</param>
    KernelTask<(OpenFile? File, int Errno)> OpenAsync(Dentry dentry, int flags);

    /// <summary>Each close(2) of a regular file: an errno.</summary>
    KernelTask<int> FlushAsync(OpenFile file);

    /// <summary>The last user is gone. Nobody waits for what the file system does then.</summary>
    void Release(OpenFile file);

    /// <summary>Lists a directory from where the file stands: an errno.</summary>
    KernelTask<int> IterateAsync(OpenFile file, IDirContext context);
}

/// <summary>The part of struct file_operations that is about a file's data.</summary>
internal interface IDataOperations
{
    KernelTask<VfsResult> ReadAsync(OpenFile file, long offset, int bytes);

    KernelTask<VfsResult> WriteAsync(OpenFile file, long offset, byte[] data);

    /// <summary>An errno.</summary>
    KernelTask<int> FSyncAsync(OpenFile file, bool isDataOnly);

    /// <summary>Makes or takes away room of a regular file: an errno.</summary>
    KernelTask<int> FAllocateAsync(OpenFile file, int mode, long offset, long bytes);
}

/// <summary>struct xattr_handler for "user.", and listxattr of struct inode_operations.</summary>
internal interface IXattrOperations
{
    /// <param name="inode">Of what.</param>
    /// <param name="name">With its prefix.</param>
    /// <param name="room">Bytes for the value; 0 asks for its size.</param>
    KernelTask<VfsResult> GetXattrAsync(Inode inode, string name, int room);

    KernelTask<VfsResult> ListXattrAsync(Inode inode, int room);

    KernelTask<int> SetXattrAsync(Inode inode, string name, byte[] value, int flags);

    KernelTask<int> RemoveXattrAsync(Inode inode, string name);
}
