using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What applications call; a path is asked for once more when it ends in ESTALE.</summary>
internal sealed partial class WorldKernel
{
    /// <summary>stat(2).</summary>
    public Errno Stat(IReadOnlyList<string> path) => WithRetry(path, at => GetAttributes(at.Inode));

    /// <summary>Looks a path up and asks no more.</summary>
    public Errno LookUp(IReadOnlyList<string> path) => WithRetry(path, _ => Errno.None);

    /// <summary>open(2) into a slot that is free.</summary>
    public Errno Open(IReadOnlyList<string> path, int slot) => WithRetry(path, at =>
    {
        byte[] body = new byte[8];
        Errno errno = Ask(FuseOpcode.FUSE_OPEN, at.Inode, body, out byte[] reply);
        if (errno != Errno.None)
            return errno;
        ulong fh = MemoryMarshal.Read<ulong>(reply.AsSpan(FuseReply.HeaderBytes));
        at.Inode.References++;
        Files.Add(slot, new WorldFile(at.Inode, fh));
        return Errno.None;
    });

    /// <summary>read(2): the content says which object it is.</summary>
    public Errno Read(int slot)
    {
        WorldFile file = Files[slot];
        byte[] body = new byte[40];
        MemoryMarshal.Write(body, file.Fh);
        Errno errno = Ask(FuseOpcode.FUSE_READ, file.Inode, body, out byte[] reply);
        if (errno != Errno.None)
            return errno;
        ulong serial = MemoryMarshal.Read<ulong>(reply.AsSpan(FuseReply.HeaderBytes));
        if (serial != file.Inode.Serial)
            Wrong($"read of object {file.Inode.Serial} gave the content of object {serial}");
        return Errno.None;
    }

    /// <summary>
    /// A name below an open directory, as openat(2) and a working directory ask. A cached name is
    /// asked for again, too (it has expired): the one revalidation whose parent nobody has asked
    /// for since the restart.
    /// </summary>
    public Errno StatAt(int slot, string name)
    {
        WorldFile directory = Files[slot];
        if (!directory.Inode.IsDirectory)
            return Errno.ENOTDIR;
        bool isCached = CachedNames().Any(dentry => dentry.Name == name
            && ReferenceEquals(dentry.Parent!.Inode, directory.Inode));
        Errno errno = Lookup(directory.Inode, name, isCached, out EntryIn entry);
        if (errno != Errno.None)
            return errno;
        WorldInode? inode = IGet(entry.Entry, new FileHandle(entry.HandleType, entry.Handle));
        if (inode is null)
            return Errno.EIO;
        inode.References++;
        errno = GetAttributes(inode);
        Put(inode);
        return errno;
    }

    public Errno Close(int slot)
    {
        WorldFile file = Files[slot];
        Files.Remove(slot);
        byte[] body = new byte[24];
        MemoryMarshal.Write(body, file.Fh);
        Ask(FuseOpcode.FUSE_RELEASE, file.Inode, body, out _);
        Put(file.Inode);
        return Errno.None;
    }

    public Errno MakeDirectory(IReadOnlyList<string> path) =>
        Make(FuseOpcode.FUSE_MKDIR, path, [.. new byte[8], .. NameBytes(path[^1])]);

    public Errno MakeFile(IReadOnlyList<string> path) =>
        Make(FuseOpcode.FUSE_MKNOD, path, [.. new byte[16], .. NameBytes(path[^1])]);

    /// <summary>
    /// open(2) with O_CREAT and O_RDWR into a slot that is free: one request, or, where the
    /// dialect or the server keeps them apart, STATX and OPEN behind it.
    /// </summary>
    public Errno Create(IReadOnlyList<string> path, int slot) =>
        WithRetry([.. path.SkipLast(1)], parent =>
        {
            if (!parent.Inode.IsDirectory)
                return Errno.ENOTDIR;
            byte[] body = [0x42, .. new byte[15], .. NameBytes(path[^1])];
            Errno errno = Ask(FuseOpcode.FUSE_CREATE, parent.Inode, body, out byte[] reply);
            EntryIn entry = default;
            if (errno == Errno.None)
                errno = Take(FuseOpcode.FUSE_CREATE, reply, out entry);
            int parts = _dialect.RequestsPer(FuseOpcode.FUSE_CREATE);
            if (errno == Errno.None && parts > 1)
                errno = StatxOf(ref entry);
            WorldInode? inode = null;
            if (errno == Errno.None)
                errno = Instantiate(parent, path[^1], entry, out inode);
            if (errno == Errno.None && parts > 2)
                errno = Ask(FuseOpcode.FUSE_OPEN, inode!, new byte[8], out reply);
            if (errno != Errno.None)
                return errno;
            inode!.References++;
            ReadOnlySpan<byte> open = reply.AsSpan(reply.Length - EntryReply.OpenOutBytes);
            Files.Add(slot, new WorldFile(inode, MemoryMarshal.Read<ulong>(open)));
            return Errno.None;
        });

    /// <summary>link(2): the old path is looked at first, as user space must have.</summary>
    public Errno Link(IReadOnlyList<string> old, IReadOnlyList<string> path)
    {
        Errno errno = Stat(old);
        if (errno != Errno.None || Walk(old, false, out WorldDentry target) != Errno.None)
            return errno;
        byte[] nodeId = new byte[8];
        MemoryMarshal.Write(nodeId, target.Inode.NodeId);
        return Make(FuseOpcode.FUSE_LINK, path, [.. nodeId, .. NameBytes(path[^1])]);
    }

    public Errno Unlink(IReadOnlyList<string> path) => WithRetry(path, at =>
    {
        FuseOpcode opcode = at.Inode.IsDirectory ? FuseOpcode.FUSE_RMDIR : FuseOpcode.FUSE_UNLINK;
        Errno errno = Ask(opcode, at.Parent!.Inode, NameBytes(at.Name), out _);
        if (errno is Errno.None or Errno.ENOENT)
            Drop(at);
        return errno;
    });

    /// <summary>rename(2) within one directory.</summary>
    public Errno Rename(IReadOnlyList<string> path, string newName) => WithRetry(path, at =>
    {
        WorldDentry parent = at.Parent!;
        Step(parent, newName, revalidate: false, out WorldDentry? target);
        if (target is not null && ReferenceEquals(target.Inode, at.Inode))
            return Errno.None;
        byte[] nodeId = new byte[8];
        MemoryMarshal.Write(nodeId, parent.Inode.NodeId);
        Errno errno = Ask(
            FuseOpcode.FUSE_RENAME, parent.Inode,
            [.. nodeId, .. NameBytes(at.Name), .. NameBytes(newName)], out _);
        if (errno != Errno.None)
            return errno;
        if (parent.Children.TryGetValue(newName, out WorldDentry? replaced))
            Drop(replaced);
        parent.Children.Remove(at.Name);
        at.Name = newName;
        parent.Children.Add(newName, at);
        return Errno.None;
    });

    /// <summary>Memory is short: every name goes that nothing holds, deepest first.</summary>
    public void Shrink() => ShrinkBelow(Root);

    /// <summary>
    /// A storm: every cached name is revalidated from the top, or, where every request brings a
    /// handle, every cached inode asked for its attributes.
    /// </summary>
    public void Storm()
    {
        if (_dialect.RequestBrings(FuseOpcode.FUSE_GETATTR))
        {
            foreach (WorldInode inode in _inodes.Values.ToArray())
                GetAttributes(inode);
            return;
        }

        StormBelow(Root);
    }

    /// <summary>Every cached name.</summary>
    public IReadOnlyList<WorldDentry> CachedNames()
    {
        List<WorldDentry> all = [];
        Collect(Root, all);
        return all;
    }

    private Errno GetAttributes(WorldInode inode)
    {
        if (inode.BelievesAttributes && !IsBad(inode))
        {
            if (_linksOf(inode.Serial) != inode.Links)
                Tally.StaleAttributes++;
            return Errno.None;
        }

        // fusex has no GETATTR.
        Errno errno = _dialect.OptIn != HandleOptIn.FileSystemType
            ? Ask(FuseOpcode.FUSE_GETATTR, inode, new byte[16], out _)
            : Ask(FuseOpcode.FUSE_STATX, inode, new byte[24], out _);
        return errno;
    }

    private Errno Make(FuseOpcode opcode, IReadOnlyList<string> path, byte[] body) =>
        WithRetry([.. path.SkipLast(1)], parent =>
        {
            if (!parent.Inode.IsDirectory)
                return Errno.ENOTDIR;
            Errno errno = Ask(opcode, parent.Inode, body, out byte[] reply);
            EntryIn entry = default;
            if (errno == Errno.None)
                errno = Take(opcode, reply, out entry);
            if (errno == Errno.None && _dialect.RequestsPer(opcode) > 1)
                errno = StatxOf(ref entry);
            if (errno != Errno.None)
                return errno;
            return Instantiate(parent, path[^1], entry, out _);
        });

    private Errno Instantiate(
        WorldDentry parent, string name, in EntryIn entry, out WorldInode? inode)
    {
        inode = IGet(entry.Entry, new FileHandle(entry.HandleType, entry.Handle));
        if (inode is null)
            return Errno.EIO;
        if (parent.Children.TryGetValue(name, out WorldDentry? old))
            Drop(old);
        Add(parent, name, inode);
        return Errno.None;
    }

    private Errno WithRetry(IReadOnlyList<string> path, Func<WorldDentry, Errno> call)
    {
        Errno errno = Walk(path, revalidate: false, out WorldDentry at);
        if (errno == Errno.None)
            errno = call(at);
        if (errno != Errno.ESTALE)
            return errno;
        errno = Walk(path, revalidate: true, out at);
        return errno == Errno.None ? call(at) : errno;
    }

    private void ShrinkBelow(WorldDentry dentry)
    {
        foreach (WorldDentry child in dentry.Children.Values.ToArray())
            ShrinkBelow(child);
        if (dentry.Parent is not null && dentry.Children.Count == 0
            && dentry.Inode.References == 1)
        {
            Drop(dentry);
        }
    }

    private void StormBelow(WorldDentry parent)
    {
        foreach (string name in parent.Children.Keys.ToArray())
        {
            Step(parent, name, revalidate: true, out WorldDentry? child);
            if (child is not null)
                StormBelow(child);
        }
    }

    private static void Collect(WorldDentry dentry, List<WorldDentry> all)
    {
        foreach (WorldDentry child in dentry.Children.Values)
        {
            all.Add(child);
            Collect(child, all);
        }
    }
}
