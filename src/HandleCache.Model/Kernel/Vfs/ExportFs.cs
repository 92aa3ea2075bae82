using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// From a handle to a name in the tree: exportfs_decode_fh_raw(), reconnect_path(), get_name()
/// (models fs/exportfs/expfs.c, v6.18).
/// </summary>
internal sealed class ExportFs(
    SuperBlock sb, DentryCache dcache, IInodeOperations iops, IExportOperations eops,
    NameiLookup lookup, Open open, ReadDir readDir)
{
    /// <summary>Bits of a handle's type that open_by_handle_at reads (fs/fhandle.c).</summary>
    public const uint TypeIsConnectable = 0x10000;
    public const uint TypeIsDirectory = 0x20000;
    private const uint FidMask = 0xFFFF;

    /// <summary>
    /// exportfs_decode_fh_raw() with a caller who accepts every dentry of a file; a directory is
    /// always connected to the root, a connectable handle must be of the right kind.
    /// </summary>
    public async KernelTask<(Dentry? Dentry, int Errno)> DecodeAsync(
        uint type, byte[] bytes, List<OpenFile> closing)
    {
        if (!eops.CanDecode)
            return (null, (int)Errno.ESTALE);
        int fid = (int)(type & FidMask);
        (Dentry? dentry, int errno) = await eops.FhToDentryAsync(fid, bytes);
        if (dentry is null)
            return (null, errno);
        if ((type & TypeIsDirectory) != 0 && !dentry.IsDirectory)
            errno = (int)Errno.ENOTDIR;
        else if (dentry.IsDirectory && dentry.IsDisconnected)
            errno = await ReconnectAsync(dentry, closing);
        else if ((type & TypeIsConnectable) != 0 && !dentry.IsDirectory && !IsConnected(dentry))
            return await ConnectFileAsync(dentry, fid, bytes, closing);
        if (errno == 0)
            return (dentry, 0);
        dcache.Put(dentry);
        return (null, errno);
    }

    /// <summary>dentry_connected(): the way up meets a directory that is connected.</summary>
    private static bool IsPlaced(Dentry dentry)
    {
        while (dentry is { IsDisconnected: true, IsRoot: false })
            dentry = dentry.Parent;
        return !dentry.IsDisconnected;
    }

    /// <summary>Whether the way up from a dentry ends at the mount's root.</summary>
    private bool IsConnected(Dentry dentry) => DentryCache.IsAncestor(sb.Root, dentry);

    /// <summary>
    /// reconnect_path(), fs/exportfs/expfs.c: up from parent to parent to the root.
    /// </summary>
    private async KernelTask<int> ReconnectAsync(Dentry target, List<OpenFile> closing)
    {
        Dentry at = DentryCache.Get(target);
        int errno = 0;
        while (at.IsDisconnected && errno == 0)
        {
            Dentry? parent;
            if (at.IsRoot)
            {
                (parent, errno) = await ReconnectOneAsync(at, closing);
                if (parent is null && errno == 0)
                    break;
            }
            else
            {
                parent = DentryCache.Get(at.Parent);
            }

            dcache.Put(at);
            if (parent is null)
                return errno;
            at = parent;
        }

        dcache.Put(at);
        if (errno == 0)
            ClearDisconnected(target);
        return errno;
    }

    /// <summary>clear_disconnected().</summary>
    private static void ClearDisconnected(Dentry dentry)
    {
        for (; dentry.IsDisconnected; dentry = dentry.Parent)
            dentry.IsDisconnected = false;
    }

    /// <summary>
    /// reconnect_one(): the parent (held), or none and no errno if it is connected.
    /// </summary>
    private async KernelTask<(Dentry? Parent, int Errno)> ReconnectOneAsync(
        Dentry dentry, List<OpenFile> closing)
    {
        KernelLock held = dentry.Inode!.Lock;
        await held.AcquireAsync(exclusive: true);
        (Dentry? parent, int errno) = await eops.GetParentAsync(dentry.Inode);
        held.Release(exclusive: true);
        if (parent is null)
            return (null, errno);
        (string? name, errno) = await NameInAsync(parent, dentry.Inode, closing);
        Dentry? found = null;
        if (name is not null)
            (found, errno) = await lookup.LookupUnlockedAsync(parent, name);
        bool moved = errno == (int)Errno.ENOENT && name is null
            || (found is not null && found != dentry);
        if (found is not null)
            dcache.Put(found);
        if (moved)
        {
            dcache.Put(parent);
            return (null, IsPlaced(dentry) ? 0 : (int)Errno.ESTALE);
        }

        if (errno == 0 && dentry.IsRoot)
            errno = (int)Errno.ESTALE;
        if (errno == 0)
            return (parent, 0);
        dcache.Put(parent);
        return (null, errno);
    }

    /// <summary>
    /// The file of a connectable handle: its parent, its name there, and the two joined.
    /// </summary>
    private async KernelTask<(Dentry? Dentry, int Errno)> ConnectFileAsync(
        Dentry dentry, int fid, byte[] bytes, List<OpenFile> closing)
    {
        (Dentry? parent, int errno) = await eops.FhToParentAsync(fid, bytes);
        Dentry? found = null;
        if (parent is not null)
        {
            errno = await ReconnectAsync(parent, closing);
            string? name = null;
            if (errno == 0)
                (name, errno) = await NameInAsync(parent, dentry.Inode!, closing);
            if (name is not null)
                (found, errno) = await lookup.LookupUnlockedAsync(parent, name);
            dcache.Put(parent);
            if (found is not null && found.Inode != dentry.Inode)
            {
                dcache.Put(found);
                (found, errno) = (null, (int)Errno.ESTALE);
            }
        }

        dcache.Put(dentry);
        return found is not null && errno == 0 ? (found, 0) : (null, errno);
    }

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

    /// <summary>
    /// get_name(): opens the parent, reads it until the child's inode number turns up.
    /// </summary>
    private async KernelTask<(string? Name, int Errno)> NameInAsync(
        Dentry parent, Inode child, List<OpenFile> closing)
    {
        if (!parent.IsDirectory)
            return (null, (int)Errno.ENOTDIR);
        VfsResult stat = await iops.GetAttrAsync(child, StatxMask.Ino, 0);
        if (stat.Errno != 0)
            return (null, stat.Errno);
        (OpenFile? file, int errno) = await open.VfsOpenAsync(
            parent, 0, isCreated: false, closing);
        if (file is null)
            return (null, errno);
        NameContext context = new(stat.Stat!.Ino);
        int seen;
        do
        {
            seen = context.Seen;
            errno = await readDir.IterateAsync(file, context);
        }
        while (context.Found is null && errno == 0 && context.Seen > seen);
        closing.Add(file);
        if (context.Found is not null)
            return (context.Found, 0);
        return (null, errno != 0 ? errno : (int)Errno.ENOENT);
    }
}
