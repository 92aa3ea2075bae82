using HandleCache.Linux;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>A life after another: nodeids and files bound again, requests settled.</summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>Checks that the handle names an object, and binds the nodeid to it.</summary>
    public override Errno Rebind(in BoundNode node)
    {
        FileHandleBuffer handle = FileHandleBuffer.From(
            (int)node.Handle.Type, node.Handle.Bytes);
        using FileDescriptor? opened = _source.OpenPath(handle, out Errno errno);
        if (opened is null)
            return errno == Errno.ESTALE ? Stale() : errno;
        errno = Metadata.Statx(opened, StatxMask.BasicStats, out Statx statx);
        return errno == Errno.None ? _nodes.Rebind(node.NodeId, handle, statx.Mode) : errno;
    }

    /// <summary>
    /// Opens with the flags of before, but neither creates nor truncates. A file without a name
    /// has gone with the server that had it open: ESTALE.
    /// </summary>
    public override Errno Reopen(in BoundFile file)
    {
        if (_files.Contains(file.Fh))
            return Errno.None;
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory;
        Errno errno = _files.MakeRoom();
        if (errno != Errno.None)
            return errno;
        FileDescriptor? opened = file.IsDirectory != 0
            ? OpenNode(file.NodeId, flags, out errno)
            : OpenForCaller(
                file.NodeId, file.Flags & ~(uint)OpenFlags.Truncate, out flags, out errno);
        if (opened is not null)
            _files.TryAddAgain(file.Fh, opened, file.NodeId, flags);
        return errno;
    }

    private bool WasMade(
        in RequestContext context,
        ResentRule rule,
        FileDescriptor dir,
        ReadOnlySpan<byte> name,
        uint mode,
        ulong device)
    {
        if (!context.IsResent || !TryStat(dir, name, out Statx statx))
            return false;
        bool isEmpty = FileModes.IsDirectory(statx.Mode) || statx.SizeBytes == 0;
        bool isIt = (statx.Mode & FileModes.TypeMask) == (mode & FileModes.TypeMask)
            && statx.Uid == context.Header.uid && isEmpty
            && DeviceNumber.ToDevT(statx.RdevMajor, statx.RdevMinor) == device;
        return isIt && Applied(context, rule);
    }

    private bool WasLinkedTo(
        in RequestContext context,
        FileDescriptor dir,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> target)
    {
        if (!context.IsResent || !TryStat(dir, name, out Statx statx)
            || !FileModes.IsSymlink(statx.Mode) || statx.Uid != context.Header.uid)
        {
            return false;
        }

        Span<byte> found = stackalloc byte[MaxTargetBytes];
        SysResult read = Names.ReadLink(dir, WithNul(name), found);
        return !read.Failed && found[..(int)read.Value].SequenceEqual(target)
            && Applied(context, ResentRule.Symlink);
    }

    private bool WasLinked(
        in RequestContext context,
        FileDescriptor old,
        FileDescriptor dir,
        ReadOnlySpan<byte> name) =>
        context.IsResent
        && FileHandles.Get(old, out FileHandleBuffer wanted) == Errno.None
        && FileHandles.Get(dir, WithNul(name), 0, out FileHandleBuffer found, out _) == Errno.None
        && wanted.Type == found.Type && wanted.Bytes.SequenceEqual(found.Bytes)
        && Applied(context, ResentRule.Link);

    private bool WasRenamed(
        in RequestContext context, FileDescriptor to, ReadOnlySpan<byte> newName) =>
        context.IsResent && TryStat(to, newName, out _) && Applied(context, ResentRule.Rename);

    private bool WasSet(
        in RequestContext context,
        FileDescriptor node,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value)
    {
        if (!context.IsResent)
            return false;
        byte[] found = new byte[value.Length + 1];
        SysResult read = Xattrs.Get(node, WithNul(name), found);
        return !read.Failed && found.AsSpan(0, (int)read.Value).SequenceEqual(value)
            && Applied(context, ResentRule.SetXattr);
    }

    /// <summary>Counts a request as applied before the crash, if it may have been.</summary>
    private bool Applied(in RequestContext context, ResentRule rule)
    {
        if (!context.IsResent)
            return false;
        _options.Settled?.Invoke(rule, true);
        return true;
    }

    private Errno CannotBeKnown(ResentRule rule)
    {
        _options.Settled?.Invoke(rule, false);
        return Errno.EIO;
    }

    private static bool TryStat(FileDescriptor dir, ReadOnlySpan<byte> name, out Statx statx)
    {
        using FileDescriptor? found = Files.OpenAt(
            dir, WithNul(name), PathFlags | OpenFlags.NoFollow, 0, out _);
        statx = default;
        return found is not null
            && Metadata.Statx(found, StatxMask.BasicStats, out statx) == Errno.None;
    }
}
