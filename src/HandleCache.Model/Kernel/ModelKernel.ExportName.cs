using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel;

/// <summary>A name found by inode number (get_name(), fs/exportfs/expfs.c).</summary>
public sealed partial class ModelKernel
{
    /// <summary>Stops at the entry with the number; models filldir_one().</summary>
    private sealed class NameContext(ulong wanted) : IDirContext
    {
        /// <summary>
        /// get_name() has no buffer: what the running kernel taught is that its room is unbounded,
        /// so that FUSE asks for all that max_pages allows.
        /// </summary>
        public int RoomBytes => int.MaxValue;

        public string? Found { get; private set; }

        public int Seen { get; private set; }

        public bool Emit(string name, ulong ino, uint type)
        {
            Seen++;
            if (ino != wanted || name is "." or "..")
                return true;
            Found = name;
            return false;
        }
    }

    /// <summary>Opens the parent, reads it until the child's inode number turns up.</summary>
    private async KernelTask<(string? Name, int Errno)> NameInAsync(
        Dentry parent, KernelInode child, List<OpenFile> closing)
    {
        if (!parent.IsDirectory)
            return (null, (int)Errno.ENOTDIR);
        VfsResult stat = await StatInodeAsync(child, StatxMask.Ino, 0);
        if (stat.Errno != 0)
            return (null, stat.Errno);
        (OpenFile? file, int errno) = await VfsOpenAsync(
            parent, 0, isCreated: false, closing);
        if (file is null)
            return (null, errno);
        NameContext context = new(stat.Stat!.Ino);
        int seen;
        do
        {
            seen = context.Seen;
            errno = await IterateAsync(file, parent.Inode!, context);
        }
        while (context.Found is null && errno == 0 && context.Seen > seen);
        closing.Add(file);
        if (context.Found is not null)
            return (context.Found, 0);
        return (null, errno != 0 ? errno : (int)Errno.ENOENT);
    }
}
