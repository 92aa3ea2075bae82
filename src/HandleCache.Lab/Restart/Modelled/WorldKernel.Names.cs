using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>Names: lookup, revalidation, walking a path, cached names.</summary>
internal sealed partial class WorldKernel
{
    /// <summary>
    /// Walks a path; with <paramref name="revalidate"/> every cached name is asked for again.
    /// </summary>
    private Errno Walk(IReadOnlyList<string> path, bool revalidate, out WorldDentry at)
    {
        at = Root;
        foreach (string name in path)
        {
            if (!at.Inode.IsDirectory)
                return Errno.ENOTDIR;
            Errno errno = Step(at, name, revalidate, out WorldDentry? next);
            if (next is null)
                return errno;
            at = next;
        }

        return Errno.None;
    }

    /// <summary>A name below a directory: cached, revalidated (R6) or looked up (R5).</summary>
    private Errno Step(
        WorldDentry parent, string name, bool revalidate, out WorldDentry? found)
    {
        if (parent.Children.TryGetValue(name, out found) && IsBad(found.Inode))
            Drop(found);
        else if (found is not null && (!revalidate || Revalidate(parent, found)))
            return Errno.None;
        else if (found is not null)
            Drop(found);
        found = null;
        Errno errno = Lookup(parent.Inode, name, isRevalidation: false, out EntryIn entry);
        if (errno != Errno.None)
            return errno;
        WorldInode? inode = IGet(entry.Entry, new FileHandle(entry.HandleType, entry.Handle));
        if (inode is null)
            return Errno.EIO;
        found = Add(parent, name, inode);
        return Errno.None;
    }

    /// <summary>Whether a cached name still stands for its inode.</summary>
    private bool Revalidate(WorldDentry parent, WorldDentry child)
    {
        if (Lookup(parent.Inode, child.Name, isRevalidation: true, out EntryIn entry)
            != Errno.None)
        {
            return false;
        }

        if (entry.Entry.nodeid != child.Inode.NodeId)
        {
            ForgetReply(entry.Entry.nodeid);
            return false;
        }

        // The count is taken before anything else is looked at; iget compares the rest and may
        // put another inode under the nodeid, which nobody but this call then holds.
        WorldInode? inode = IGet(entry.Entry, new FileHandle(entry.HandleType, entry.Handle));
        if (inode is null || ReferenceEquals(inode, child.Inode))
            return inode is not null;
        if (inode.References == 0)
        {
            inode.References = 1;
            Put(inode);
        }

        return false;
    }

    /// <summary>
    /// One LOOKUP, with STATX behind it where the dialect's entry has no attributes.
    /// </summary>
    private Errno Lookup(
        WorldInode parent, string name, bool isRevalidation, out EntryIn entry)
    {
        bool withHandle = !_options.NoParentHandle
            && !(isRevalidation && _dialect.Has(DialectDefect.V3RevalidateWithoutParent));
        Errno errno = Ask(
            FuseOpcode.FUSE_LOOKUP, parent, NameBytes(name), out byte[] reply, withHandle);
        entry = default;
        if (errno == Errno.None)
            errno = Take(FuseOpcode.FUSE_LOOKUP, reply, out entry);
        if (errno != Errno.None || _dialect.RequestsPerLookup == 1)
            return errno;

        // The new inode is not cached yet: what STATX is sent with comes from the entry.
        return StatxOf(ref entry);
    }

    /// <summary>Reads the entry of a reply and counts its lookup.</summary>
    private Errno Take(FuseOpcode opcode, byte[] reply, out EntryIn entry)
    {
        entry = default;
        if (!FuseReply.TryParse(reply, out FuseReply parsed, out _))
            return Errno.EIO;
        WireError fault = _dialect.ReadEntryReply(
            opcode, parsed, out WireEntry wire, out int negative);
        if (fault.IsError || negative != 0)
            return fault.IsError ? Errno.EIO : (Errno)(-negative);
        if (wire.Entry.nodeid == 0)
            return Errno.ENOENT;
        entry = new EntryIn(wire.Entry, wire.HandleType, wire.Handle.ToArray());
        _given[wire.Entry.nodeid] = _given.GetValueOrDefault(wire.Entry.nodeid) + 1;
        return Errno.None;
    }

    private Errno StatxOf(ref EntryIn entry)
    {
        byte[] message = Frame(
            FuseOpcode.FUSE_STATX, entry.Entry.nodeid, new byte[24], entry.HandleType,
            entry.Handle);
        Tally.Requests++;
        byte[]? answer = _send(message);
        if (answer is null || !FuseReply.TryParse(answer, out FuseReply reply, out _)
            || reply.Header.error != 0
            || !MemoryMarshal.TryRead(reply.Body, out fuse_statx_out attributes))
        {
            ForgetReply(entry.Entry.nodeid);
            return Errno.EIO;
        }

        fuse_entry_out whole = entry.Entry;
        StatxAttributes.Fill(ref whole, attributes);
        entry = entry with { Entry = whole };
        return Errno.None;
    }

    private static WorldDentry Add(WorldDentry parent, string name, WorldInode inode)
    {
        WorldDentry made = new(name, parent, inode);
        parent.Children.Add(name, made);
        inode.References++;
        return made;
    }

    /// <summary>d_invalidate(): the name and all below it leave the cache.</summary>
    private void Drop(WorldDentry dentry)
    {
        foreach (WorldDentry child in dentry.Children.Values.ToArray())
            Drop(child);
        dentry.Parent?.Children.Remove(dentry.Name);
        Put(dentry.Inode);
    }

    /// <summary>An entry between the reply and the inode it becomes.</summary>
    private readonly record struct EntryIn(
        fuse_entry_out Entry, uint HandleType, byte[] Handle);
}
