using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// The calling thread has another identity and of its capabilities CAP_SYS_ADMIN alone, until
/// <see cref="Dispose"/>, on the same thread: what the kernel keeps of its credentials meanwhile
/// gives no right to blocks reserved for root or beyond a quota (CAP_SYS_RESOURCE), and keeps no
/// set-id bit of a file that is written (CAP_FSETID).
/// </summary>
public unsafe ref struct LeastRights
{
    private FileSystemIdentity _identity;
    private CapabilityData _oldLow;
    private CapabilityData _oldHigh;

    /// <exception cref="LinuxException">The thread lacks a right for it.</exception>
    public static LeastRights Assume(uint uid, uint gid)
    {
        CapabilityHeader header = new() { Version = CapabilityHeader.Version3 };
        CapabilityData* data = stackalloc CapabilityData[2];
        // SAFETY: version 3 reads and writes two data structs, which are there.
        Sys.Require(LibC.capget(&header, data), "capget");
        LeastRights rights = new()
        {
            _oldLow = data[0],
            _oldHigh = data[1],
            _identity = FileSystemIdentity.Assume(uid, gid, []),
        };
        data[0].Effective &= 1u << Credentials.SysAdmin;
        data[1].Effective = 0;
        if (LibC.capset(&header, data) == 0)
            return rights;
        Errno errno = Sys.LastErrno;
        rights.Dispose();
        throw new LinuxException(errno, "capset");
    }

    /// <summary>Capabilities first: the groups are given back with one of them.</summary>
    public void Dispose()
    {
        CapabilityHeader header = new() { Version = CapabilityHeader.Version3 };
        CapabilityData* data = stackalloc CapabilityData[2];
        data[0] = _oldLow;
        data[1] = _oldHigh;
        // SAFETY: version 3 reads two data structs, which are there.
        Sys.Require(LibC.capset(&header, data), "capset");
        _identity.Dispose();
    }
}
