using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Set-id bits of a file whose content changes (HANDLE_KILLPRIV_V2). The source's kernel does not
/// take them by itself, since this server has CAP_FSETID.
/// </summary>
public sealed partial class PassthroughFileSystem
{
    private const uint GroupExecute = 0x8;

    /// <summary>
    /// After what the request has no flag for (FALLOCATE, COPY_FILE_RANGE): the caller's own
    /// CAP_FSETID decides. Where he cannot be looked at, root is taken to have it.
    /// </summary>
    private static Errno KillSetIdUnlessCapable(in RequestContext context, FileDescriptor fd)
    {
        Errno errno = Metadata.Statx(fd, StatxMask.BasicStats, out Linux.Statx statx);
        if (errno != Errno.None || (statx.Mode & (FileModes.SetUid | FileModes.SetGid)) == 0)
            return errno;
        bool mayKeep = Credentials.HasCapability(context.Header.pid, Credentials.FSetId)
            ?? context.Header.uid == 0;
        return mayKeep ? Errno.None : KillSetId(context, fd);
    }

    /// <summary>
    /// What a change by a caller without CAP_FSETID does (setattr_should_drop_suidgid(),
    /// fs/attr.c): set-user-id goes; set-group-id goes where the group may execute, and else where
    /// the caller is not of the file's group.
    /// </summary>
    private static Errno KillSetId(in RequestContext context, FileDescriptor fd)
    {
        Errno errno = Metadata.Statx(fd, StatxMask.BasicStats, out Linux.Statx statx);
        if (errno != Errno.None || !FileModes.IsRegular(statx.Mode))
            return errno;
        uint bits = FileModes.SetUid;
        if ((statx.Mode & FileModes.SetGid) != 0
            && ((statx.Mode & GroupExecute) != 0 || !IsInGroup(context.Header, statx.Gid)))
        {
            bits |= FileModes.SetGid;
        }

        return ClearBits(fd, statx.Mode, bits);
    }

    private static bool IsInGroup(in fuse_in_header caller, uint gid) =>
        caller.gid == gid || (Credentials.IsInGroup(caller.pid, gid) ?? false);

    private static Errno ClearBits(FileDescriptor fd, uint mode, uint bits) =>
        (mode & bits) == 0
            ? Errno.None
            : Metadata.ChangeMode(fd, mode & FileModes.PermissionMask & ~bits);
}
