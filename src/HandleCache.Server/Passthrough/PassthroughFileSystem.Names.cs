using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>Finding, making, linking, renaming and removing names.</summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>
    /// "." (of any kind of object) and ".." come from handles that the kernel exported. A file
    /// that has no name left and that nobody has open is ESTALE, though a descriptor kept here
    /// may hold on to it.
    /// </summary>
    public override Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (name.SequenceEqual("."u8))
            return LookupSelf(context.NodeId, dir.Descriptor, ref reply);
        errno = ReplyEntry(dir, name, ref reply);
        return errno == Errno.ENOENT && _options.NegativeValid > TimeSpan.Zero
            ? ReplyNegative(ref reply)
            : errno;
    }

    public override Errno Symlink(
        in RequestContext context,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> target,
        ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (!TryActAs(context, 0, out CallerScope caller))
            return Errno.EOVERFLOW;
        using (caller)
            errno = Names.MakeSymlink(WithNul(target), dir.Descriptor, WithNul(name));
        if (errno == Errno.EEXIST && WasLinkedTo(context, dir.Descriptor, name, target))
            errno = Errno.None;
        return errno == Errno.None ? ReplyEntry(dir, name, ref reply) : errno;
    }

    public override Errno MkNod(
        in RequestContext context,
        in fuse_mknod_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (!TryActAs(context, arguments.umask, out CallerScope caller))
            return Errno.EOVERFLOW;
        ulong device = DeviceNumber.ToDevT(arguments.rdev);
        using (caller)
            errno = Names.MakeNode(dir.Descriptor, WithNul(name), arguments.mode, device);
        if (errno == Errno.EEXIST
            && WasMade(
                context, ResentRule.MakeNode, dir.Descriptor, name, arguments.mode, device))
        {
            errno = Errno.None;
        }

        return errno == Errno.None ? ReplyEntry(dir, name, ref reply) : errno;
    }

    public override Errno MkDir(
        in RequestContext context,
        in fuse_mkdir_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        if (!TryActAs(context, arguments.umask, out CallerScope caller))
            return Errno.EOVERFLOW;
        using (caller)
            errno = Names.MakeDirectory(dir.Descriptor, WithNul(name), arguments.mode);
        if (errno == Errno.EEXIST
            && WasMade(
                context, ResentRule.MakeDirectory, dir.Descriptor, name,
                FileModes.Directory | arguments.mode, 0))
        {
            errno = Errno.None;
        }

        return errno == Errno.None ? ReplyEntry(dir, name, ref reply) : errno;
    }

    public override Errno Unlink(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context, name, 0);

    public override Errno RmDir(in RequestContext context, ReadOnlySpan<byte> name) =>
        Remove(context, name, AtFlags.RemoveDir);

    public override Errno Rename(
        in RequestContext context,
        ulong newParent,
        uint flags,
        ReadOnlySpan<byte> oldName,
        ReadOnlySpan<byte> newName)
    {
        using DescriptorLease from = Resolve(context.NodeId, out Errno errno);
        if (from.IsNone)
            return errno;
        using DescriptorLease to = Resolve(newParent, out errno);
        if (to.IsNone)
            return errno;

        if (context.IsResent && (flags & ~RenameFlags.NoReplace) != 0)
            return CannotBeKnown(ResentRule.RenameExchange);

        // RENAME_WHITEOUT makes a node, which belongs to the caller.
        if (!TryActAs(context, 0, out CallerScope caller))
            return Errno.EOVERFLOW;
        bool replaces = (flags & (RenameFlags.Exchange | RenameFlags.NoReplace)) == 0;
        FileDescriptor? victim = replaces ? OpenVictim(to.Descriptor, newName) : null;
        using (caller)
        {
            errno = Names.Rename(
                from.Descriptor, WithNul(oldName), to.Descriptor, WithNul(newName), flags);
        }

        LoseName(victim, errno);
        return errno == Errno.ENOENT && WasRenamed(context, to.Descriptor, newName)
            ? Errno.None
            : errno;
    }

    public override Errno Link(
        in RequestContext context,
        ulong oldNodeId,
        ReadOnlySpan<byte> newName,
        ref ReplyBuilder reply)
    {
        using DescriptorLease old = Resolve(oldNodeId, out Errno errno);
        if (old.IsNone)
            return errno;
        using DescriptorLease dir = Resolve(context.NodeId, out errno);
        if (dir.IsNone)
            return errno;
        errno = Names.LinkDescriptor(old.Descriptor, dir.Descriptor, WithNul(newName));
        if (errno == Errno.EEXIST
            && WasLinked(context, old.Descriptor, dir.Descriptor, newName))
        {
            errno = Errno.None;
        }

        return errno == Errno.None ? WriteEntry(old.Descriptor, ref reply, out _) : errno;
    }

    private Errno LookupSelf(ulong nodeid, FileDescriptor self, ref ReplyBuilder reply)
    {
        Errno errno = Metadata.Statx(self, StatxMask.BasicStats, out Statx statx);
        if (errno != Errno.None)
            return errno;
        if (statx.NLink != 0 || _files.HasNode(nodeid))
            return WriteEntry(self, ref reply, out _);
        _descriptors.Remove(nodeid);
        return Errno.ESTALE;
    }

    /// <summary>nodeid 0: there is no such name, and the kernel may remember that.</summary>
    private Errno ReplyNegative(ref ReplyBuilder reply)
    {
        fuse_entry_out entry = default;
        (entry.entry_valid, entry.entry_valid_nsec) = Split(_options.NegativeValid);
        return reply.WriteEntry(entry, 0, default);
    }

    private Errno Remove(in RequestContext context, ReadOnlySpan<byte> name, int flags)
    {
        using DescriptorLease dir = Resolve(context.NodeId, out Errno errno);
        if (dir.IsNone)
            return errno;
        FileDescriptor? victim = OpenVictim(dir.Descriptor, name);
        errno = Names.Unlink(dir.Descriptor, WithNul(name), flags);
        LoseName(victim, errno);
        return errno == Errno.ENOENT && Applied(context, ResentRule.Remove)
            ? Errno.None
            : errno;
    }

    /// <summary>
    /// False for the ids that stand for "no such user here" (FUSE_INVALID_UIDGID).
    /// </summary>
    private bool TryActAs(in RequestContext context, uint umask, out CallerScope caller)
    {
        (uint uid, uint gid) = (context.Header.uid, context.Header.gid);
        caller = default;
        if (uid == uint.MaxValue || gid == uint.MaxValue)
            return false;
        caller = new CallerScope(uid, gid, umask, _umask.Value!);
        return true;
    }
}
