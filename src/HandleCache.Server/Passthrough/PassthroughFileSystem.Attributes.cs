using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>Attributes, extended attributes, symlink targets, statistics.</summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>FUSE_SETXATTR_ACL_KILL_SGID (ABI.md).</summary>
    private const uint AclKillSgid = 1;

    /// <summary>Longest symlink target, bytes (PATH_MAX).</summary>
    private const int MaxTargetBytes = 4096;

    public override Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply)
    {
        bool hasFh = (arguments.getattr_flags & FuseConstants.FUSE_GETATTR_FH) != 0;
        using DescriptorLease node =
            ResolveFh(hasFh, arguments.fh, context.NodeId, out Errno errno);
        return node.IsNone ? errno : ReplyAttributes(node.Held, ref reply);
    }

    public override Errno Statx(
        in RequestContext context, in fuse_statx_in arguments, ref ReplyBuilder reply)
    {
        bool hasFh = (arguments.getattr_flags & FuseConstants.FUSE_GETATTR_FH) != 0;
        using DescriptorLease node =
            ResolveFh(hasFh, arguments.fh, context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        const int SyncFlags = AtFlags.StatxForceSync | AtFlags.StatxDontSync;
        int flags = AtFlags.EmptyPath | ((int)arguments.sx_flags & SyncFlags);
        uint mask = (arguments.sx_mask & StatxMask.BirthTime) | StatxMask.BasicStats;
        errno = Metadata.Statx(
            node.Descriptor, CString.Empty, flags, mask, out Linux.Statx statx);
        if (errno != Errno.None)
            return errno;
        fuse_statx_out answer = new() { stat = WireAttributes.StatxFrom(statx) };
        (answer.attr_valid, answer.attr_valid_nsec) = AttributeValid(statx);
        reply.Write(answer);
        return Errno.None;
    }

    /// <summary>
    /// Owner first: a change of owner takes set-id bits away, the mode has the last word.
    /// </summary>
    public override Errno SetAttr(
        in RequestContext context, in fuse_setattr_in arguments, ref ReplyBuilder reply)
    {
        FuseSetattrValid valid = (FuseSetattrValid)arguments.valid;
        bool hasFh = (valid & FuseSetattrValid.FATTR_FH) != 0;
        using DescriptorLease node =
            ResolveFh(hasFh, arguments.fh, context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        FileDescriptor fd = node.Descriptor;
        errno = SetOwner(fd, valid, arguments);
        if (errno == Errno.None && (valid & FuseSetattrValid.FATTR_MODE) != 0)
            errno = Metadata.ChangeMode(fd, arguments.mode & FileModes.PermissionMask);
        if (errno == Errno.None && (valid & FuseSetattrValid.FATTR_SIZE) != 0)
            errno = SetSize(fd, (long)arguments.size);
        if (errno == Errno.None && (valid & FuseSetattrValid.FATTR_KILL_SUIDGID) != 0)
            errno = KillSetId(context, fd);
        if (errno == Errno.None)
            errno = SetTimes(fd, valid, arguments);
        return errno == Errno.None ? ReplyAttributes(node.Held, ref reply) : errno;
    }

    public override Errno ReadLink(in RequestContext context, ref ReplyBuilder reply)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        Span<byte> room = reply.Free[..Math.Min(MaxTargetBytes, reply.Free.Length)];
        SysResult read = Names.ReadLink(node.Descriptor, CString.Empty, room);
        reply.Advance((int)read.Value);

        // Not a symlink: readlinkat with an empty name says ENOENT, readlink would say EINVAL.
        return read.Errno == Errno.ENOENT ? Errno.EINVAL : read.Errno;
    }

    public override Errno StatFs(in RequestContext context, ref ReplyBuilder reply)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        errno = Metadata.StatFs(node.Descriptor, out StatFs statfs);
        if (errno == Errno.None)
            reply.Write(new fuse_statfs_out { st = WireAttributes.From(statfs) });
        return errno;
    }

    /// <summary>
    /// Asked only without default_permissions, whose groups beyond the first the request does
    /// not carry: judged with the one group it has.
    /// </summary>
    public override Errno Access(in RequestContext context, in fuse_access_in arguments)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        (uint uid, uint gid) = (context.Header.uid, context.Header.gid);
        if (uid == uint.MaxValue || gid == uint.MaxValue)
            return Errno.EACCES;
        using FileSystemIdentity caller = FileSystemIdentity.Assume(uid, gid, []);
        return Names.Access(node.Descriptor, CString.Empty, (int)arguments.mask,
            AtFlags.EmptyPath | AtFlags.EAccess);
    }

    public override Errno SetXattr(
        in RequestContext context,
        in fuse_setxattr_in arguments,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        errno = Xattrs.Set(node.Descriptor, WithNul(name), value, (int)arguments.flags);
        if (errno == Errno.EEXIST && WasSet(context, node.Descriptor, name, value))
            errno = Errno.None;
        if (errno != Errno.None || (arguments.setxattr_flags & AclKillSgid) == 0)
            return errno;
        errno = Metadata.Statx(node.Descriptor, StatxMask.BasicStats, out Linux.Statx statx);
        return errno == Errno.None
            ? ClearBits(node.Descriptor, statx.Mode, FileModes.SetGid)
            : errno;
    }

    public override Errno GetXattr(
        in RequestContext context,
        uint sizeBytes,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        int room = (int)Math.Min(sizeBytes, (uint)reply.Free.Length);
        SysResult got = Xattrs.Get(node.Descriptor, WithNul(name), reply.Free[..room]);
        return ReplyXattr(got, sizeBytes, ref reply);
    }

    public override Errno ListXattr(
        in RequestContext context, uint sizeBytes, ref ReplyBuilder reply)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        // All of them, whatever the caller has room for: some names may not be his to see.
        SysResult listed = Xattrs.List(node.Descriptor, reply.Free);
        if (listed.Failed)
            return listed.Errno;
        Span<byte> names = reply.Free[..(int)listed.Value];
        int bytes = VisibleNames.HasTrusted(names) && !MaySeeTrusted(context.Header)
            ? VisibleNames.RemoveTrusted(names)
            : names.Length;
        return sizeBytes > 0 && bytes > sizeBytes
            ? Errno.ERANGE
            : ReplyXattr(SysResult.Success(bytes), sizeBytes, ref reply);
    }

    // Where the caller cannot be looked at, root is taken to have what root usually has.
    private static bool MaySeeTrusted(in fuse_in_header caller) =>
        Credentials.HasCapability(caller.pid, Credentials.SysAdmin) ?? caller.uid == 0;

    public override Errno RemoveXattr(in RequestContext context, ReadOnlySpan<byte> name)
    {
        using DescriptorLease node = Resolve(context.NodeId, out Errno errno);
        if (node.IsNone)
            return errno;
        errno = Xattrs.Remove(node.Descriptor, WithNul(name));
        return errno == Errno.ENODATA && Applied(context, ResentRule.RemoveXattr)
            ? Errno.None
            : errno;
    }

    public override Errno SyncFs(in RequestContext context) =>
        Files.SyncFileSystem(_source.Root);

    private static Errno ReplyXattr(SysResult result, uint sizeBytes, ref ReplyBuilder reply)
    {
        if (result.Failed)
            return result.Errno;
        if (sizeBytes == 0)
            reply.Write(new fuse_getxattr_out { size = (uint)result.Value });
        else
            reply.Advance((int)result.Value);
        return Errno.None;
    }

    private Errno ReplyAttributes(HeldDescriptor fd, ref ReplyBuilder reply)
    {
        Errno errno = Metadata.Statx(
            fd, CString.Empty, AtFlags.EmptyPath | AtFlags.SymlinkNoFollow, StatxMask.BasicStats,
            out Linux.Statx statx);
        if (errno != Errno.None)
            return errno;
        fuse_attr_out answer = new() { attr = WireAttributes.From(statx) };
        (answer.attr_valid, answer.attr_valid_nsec) = AttributeValid(statx);
        reply.Write(answer);
        return Errno.None;
    }

    private static Errno SetOwner(
        FileDescriptor fd, FuseSetattrValid valid, in fuse_setattr_in arguments)
    {
        const FuseSetattrValid Owner = FuseSetattrValid.FATTR_UID | FuseSetattrValid.FATTR_GID;
        if ((valid & Owner) == 0 && !ChangesNothing(valid))
            return Errno.None;
        bool hasUid = (valid & FuseSetattrValid.FATTR_UID) != 0;
        bool hasGid = (valid & FuseSetattrValid.FATTR_GID) != 0;
        return Metadata.ChangeOwner(
            fd, hasUid ? arguments.uid : uint.MaxValue, hasGid ? arguments.gid : uint.MaxValue);
    }

    /// <summary>
    /// A SETATTR that sets nothing is chown(-1, -1), or takes set-id bits away before a change of
    /// content: on the source the first does both, and renews the ctime.
    /// </summary>
    private static bool ChangesNothing(FuseSetattrValid valid)
    {
        const FuseSetattrValid AboutTheCall = FuseSetattrValid.FATTR_FH
            | FuseSetattrValid.FATTR_LOCKOWNER | FuseSetattrValid.FATTR_CTIME;
        return (valid & ~AboutTheCall) == 0;
    }

    /// <summary>An fh may be open for reading only, or be O_PATH: then by its path.</summary>
    private static Errno SetSize(FileDescriptor fd, long sizeBytes)
    {
        if (sizeBytes < 0)
            return Errno.EFBIG;
        Errno errno = Files.Truncate(fd, sizeBytes);
        return errno is Errno.EBADF or Errno.EINVAL
            ? Files.TruncatePathFd(fd, sizeBytes)
            : errno;
    }

    private static Errno SetTimes(
        FileDescriptor fd, FuseSetattrValid valid, in fuse_setattr_in arguments)
    {
        TimeSpec access = Time(valid, FuseSetattrValid.FATTR_ATIME,
            FuseSetattrValid.FATTR_ATIME_NOW, arguments.atime, arguments.atimensec);
        TimeSpec modify = Time(valid, FuseSetattrValid.FATTR_MTIME,
            FuseSetattrValid.FATTR_MTIME_NOW, arguments.mtime, arguments.mtimensec);
        return access == TimeSpec.Omit && modify == TimeSpec.Omit
            ? Errno.None
            : Metadata.SetTimes(fd, access, modify);
    }

    private static TimeSpec Time(
        FuseSetattrValid valid, FuseSetattrValid given, FuseSetattrValid now, ulong seconds,
        uint nanoseconds)
    {
        if ((valid & given) == 0)
            return TimeSpec.Omit;
        return (valid & now) != 0 ? TimeSpec.Now : new TimeSpec((long)seconds, nanoseconds);
    }
}
