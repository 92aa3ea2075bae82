using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_file_operations (fs/fuse/file.c, v6.18) and fuse_dir_operations (dir.c): which operation
/// is whose; those about data are <see cref="FileReadWrite"/>.
/// </summary>
internal sealed class FileOperations(FileOpen open, ReadDir readDir) : IFileOperations
{
    public KernelTask<(OpenFile? File, int Errno)> OpenAsync(Dentry dentry, int flags) =>
        open.OpenAsync(dentry, flags);

    public KernelTask<int> FlushAsync(OpenFile file) => open.FlushAsync(file);

    public void Release(OpenFile file) => open.Release(file);

    public KernelTask<int> IterateAsync(OpenFile file, IDirContext context) =>
        readDir.IterateAsync(file, context);
}
