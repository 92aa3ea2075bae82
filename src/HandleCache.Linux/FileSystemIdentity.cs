using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// The calling thread acts on files as another user until <see cref="Dispose"/>: fsuid, fsgid
/// and, when given, supplementary groups, of this one thread (credentials(7)). A file made in
/// between belongs to that user, and the kernel checks that user's rights: with a non-zero
/// fsuid the thread's file capabilities (CAP_DAC_OVERRIDE, CAP_CHOWN, ...) rest.
/// </summary>
/// <remarks>
/// Begin and end on the same thread, with no await between; a thread started meanwhile is born
/// with the identity and keeps it. The kernel forgets the thread's
/// PR_SET_PDEATHSIG when fsuid changes (kernel/cred.c, commit_creds).
/// </remarks>
public ref struct FileSystemIdentity
{
    private readonly uint _oldUser;
    private readonly uint _oldGroup;
    private readonly uint[]? _oldGroups;
    private bool _active;

    private FileSystemIdentity(uint oldUser, uint oldGroup, uint[]? oldGroups)
    {
        _oldUser = oldUser;
        _oldGroup = oldGroup;
        _oldGroups = oldGroups;
        _active = true;
    }

    /// <summary>Acts as user and group; the thread's supplementary groups stay.</summary>
    public static FileSystemIdentity Assume(uint uid, uint gid) => Switch(uid, gid, null);

    /// <summary>
    /// As <see cref="Assume(uint, uint)"/>, but the thread keeps its capabilities: what is made
    /// belongs to the user, and whether he may make it has been judged elsewhere.
    /// </summary>
    public static unsafe FileSystemIdentity AssumeKeepingCapabilities(uint uid, uint gid)
    {
        CapabilityHeader header = new() { Version = CapabilityHeader.Version3 };
        CapabilityData* data = stackalloc CapabilityData[2];
        // SAFETY: version 3 reads and writes two data structs, which are there.
        Sys.Require(LibC.capget(&header, data), "capget");
        FileSystemIdentity identity = Switch(uid, gid, null);
        if (LibC.capset(&header, data) == 0)
            return identity;
        Errno errno = Sys.LastErrno;
        identity.Dispose();
        throw new LinuxException(errno, "capset");
    }

    /// <summary>
    /// Acts as user and group with exactly these supplementary groups. EPERM as an exception:
    /// the thread lacks CAP_SETGID, and going on would make files with wrong rights.
    /// </summary>
    public static unsafe FileSystemIdentity Assume(
        uint uid, uint gid, ReadOnlySpan<uint> groups)
    {
        uint[] old = CurrentGroups();
        // SAFETY: pinned, and the count is the span's.
        fixed (uint* list = groups)
            Sys.Require(LibC.syscall(LibC.SYS_setgroups, groups.Length, list), "setgroups");
        return Switch(uid, gid, old);
    }

    /// <summary>The supplementary groups of the calling thread.</summary>
    public static unsafe uint[] CurrentGroups()
    {
        long count = LibC.syscall(LibC.SYS_getgroups, 0, null);
        Sys.Require(count, "getgroups");
        uint[] groups = new uint[count];
        // SAFETY: pinned, and the count is the array's.
        fixed (uint* list = groups)
            Sys.Require(LibC.syscall(LibC.SYS_getgroups, count, list), "getgroups");
        return groups;
    }

    public unsafe void Dispose()
    {
        if (!_active)
            return;
        _active = false;
        _ = LibC.setfsuid(_oldUser);
        _ = LibC.setfsgid(_oldGroup);
        if (_oldGroups is null)
            return;
        // SAFETY: pinned, and the count is the array's.
        fixed (uint* list = _oldGroups)
            Sys.Require(LibC.syscall(LibC.SYS_setgroups, _oldGroups.Length, list), "setgroups");
    }

    /// <summary>Group first: a user other than root may not change it any more.</summary>
    private static FileSystemIdentity Switch(uint uid, uint gid, uint[]? oldGroups)
    {
        uint oldGroup = LibC.setfsgid(gid);
        uint oldUser = LibC.setfsuid(uid);
        FileSystemIdentity identity = new(oldUser, oldGroup, oldGroups);
        // The calls report no error; asking with an id that cannot be tells what is in force.
        if (LibC.setfsuid(uint.MaxValue) == uid && LibC.setfsgid(uint.MaxValue) == gid)
            return identity;
        identity.Dispose();
        throw new LinuxException(Errno.EPERM, "setfsuid/setfsgid");
    }
}
