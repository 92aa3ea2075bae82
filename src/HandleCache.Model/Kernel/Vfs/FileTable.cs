using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// The open files of the caller (models fs/file.c and fs/file_table.c, v6.18).
/// </summary>
internal sealed class FileTable(DentryCache dcache, IFileOperations fops)
{
    /// <summary>Open files a script may have at a time.</summary>
    public const int Slots = 8;

    /// <summary>The file slot whose open file tells open_by_handle_at the mount.</summary>
    public const int MountSlot = Slots - 1;

    private readonly OpenFile?[] _files = new OpenFile?[Slots];

    /// <summary>Each slot's open file; null where it is free.</summary>
    public OpenFile?[] All => _files;

    public OpenFile? At(int slot) =>
        (uint)slot < Slots && _files[slot] is { } file ? file : null;

    /// <summary>fd_install().</summary>
    public void Install(int slot, OpenFile? file) => _files[slot] = file;

    /// <summary>Takes the open files of another kernel.</summary>
    /// <param name="original">Its files.</param>
    /// <param name="dentries">Each of its dentries with the copy, which holds the files'
    /// references already.</param>
    /// <param name="copyPrivate">Copies what the file system keeps of a file.</param>
    public void CopyFrom(
        FileTable original, IReadOnlyDictionary<Dentry, Dentry> dentries,
        Func<object, object> copyPrivate)
    {
        for (int i = 0; i < Slots; i++)
        {
            if (original._files[i] is { } file)
            {
                _files[i] = file.CopyFor(
                    dentries[file.Dentry],
                    file.PrivateData is { } data ? copyPrivate(data) : null);
            }
        }
    }

    /// <summary>close(2), filp_close().</summary>
    public async KernelTask<VfsResult> CloseAsync(int slot)
    {
        if (At(slot) is not { } file)
            return VfsResult.Failure((int)Errno.EBADF);
        _files[slot] = null;
        int errno = 0;
        if (!file.IsPathOnly && file.Dentry.Inode!.IsRegular)
            errno = await fops.FlushAsync(file);
        if (file.IsPathOnly)
            dcache.Put(file.Dentry);
        else
            Release(file);
        return new VfsResult(errno);
    }

    /// <summary>
    /// The last fput(): what the file system has to say goes out before the name is given back.
    /// </summary>
    public void Release(OpenFile file)
    {
        fops.Release(file);
        dcache.Put(file.Dentry);
    }

    /// <summary>
    /// The files that a system call itself opened and put. What the running kernel taught: fput()
    /// leaves them to the task's work, which is run last in, first out (task_work_add()).
    /// </summary>
    public void ReleaseAll(List<OpenFile> closing)
    {
        for (int i = closing.Count - 1; i >= 0; i--)
            Release(closing[i]);
    }
}
