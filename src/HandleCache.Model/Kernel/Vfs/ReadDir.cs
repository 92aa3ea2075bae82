using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>What one iterate_dir() gives to its caller, who takes it or is full.</summary>
internal interface IDirContext
{
    /// <summary>ctx->count: the caller's room, bytes.</summary>
    int RoomBytes { get; }

    /// <summary>dir_emit(): false when there is no room, or enough was seen.</summary>
    bool Emit(string name, ulong ino, uint type);
}

/// <summary>getdents64(2) and iterate_dir() (models fs/readdir.c, v6.18).</summary>
internal sealed class ReadDir(
    IFileOperations fops, FileTable table, Current current, bool heedsSignals)
{
    /// <summary>linux_dirent64 without the name.</summary>
    private const int Dirent64Bytes = 19;

    /// <summary>
    /// The buffer of getdents64(2); models filldir64(), for which with a signal pending one record
    /// is enough unless the file system says otherwise (FILLDIR_FLAG_NOINTR, fuse_emit()).
    /// </summary>
    private sealed class GetdentsContext(int room, Func<bool> isInterrupted) : IDirContext
    {
        private int _left = room;

        public int RoomBytes { get; } = room;

        public int Errno { get; private set; }

        public List<string> Names { get; } = [];

        public int UsedBytes => RoomBytes - _left;

        public bool Emit(string name, ulong ino, uint type)
        {
            int bytes = (Dirent64Bytes + name.Length + 1 + 7) & ~7;
            if (bytes > _left)
            {
                Errno = (int)Protocol.Uapi.Errno.EINVAL;
                return false;
            }

            if (Names.Count > 0 && isInterrupted())
                return false;
            _left -= bytes;
            Names.Add(FormattableString.Invariant($"{name} {ino} {type}"));
            return true;
        }
    }

    public async KernelTask<VfsResult> ReadDirAsync(VfsCall call, bool once)
    {
        if (table.At(call.Slot) is not { } file || (file.Flags & OpenFlags.Path) != 0)
            return VfsResult.Failure((int)Errno.EBADF);
        Inode inode = file.Dentry.Inode!;
        if (!inode.IsDirectory)
            return VfsResult.Failure((int)Errno.ENOTDIR);
        List<string> names = [];
        long bytes = 0;
        if (!once)
            file.Position = 0;
        while (true)
        {
            GetdentsContext context = new(call.Size, IsInterrupted);
            int errno = await IterateAsync(file, context);
            current.Task.SignalPending = false;
            if (context.Names.Count == 0)
            {
                errno = errno != 0 ? errno : context.Errno;
                return new VfsResult(errno, bytes) { Names = names };
            }

            names.AddRange(context.Names);
            bytes += context.UsedBytes;
            if (once)
                return new VfsResult(0, bytes) { Names = names };
        }
    }

    private bool IsInterrupted() => heedsSignals && current.Task.SignalPending;

    /// <summary>iterate_dir().</summary>
    public async KernelTask<int> IterateAsync(OpenFile file, IDirContext context)
    {
        Inode inode = file.Dentry.Inode!;
        await inode.Lock.AcquireAsync(exclusive: false);
        try
        {
            return inode.IsDead
                ? (int)Errno.ENOENT
                : await fops.IterateAsync(file, context);
        }
        finally
        {
            inode.Lock.Release(exclusive: false);
        }
    }
}
