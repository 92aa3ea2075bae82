using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Rebinding;

/// <summary>
/// The nodeids and open files that a request names: what a server must know to answer it. The
/// request must have passed <see cref="FuseRequest.CheckShape"/>. 0 stands for none.
/// </summary>
/// <param name="NodeId">The head's nodeid.</param>
/// <param name="OtherNodeId">New parent of RENAME, file of LINK, target of COPY_FILE_RANGE.</param>
/// <param name="Fh">The open file, where the request has one.</param>
/// <param name="OtherFh">The target of COPY_FILE_RANGE.</param>
/// <param name="HasFh">Whether <paramref name="Fh"/> counts (an fh may be 0).</param>
public readonly record struct RequestReferences(
    ulong NodeId, ulong OtherNodeId, ulong Fh, ulong OtherFh, bool HasFh)
{
    public static RequestReferences Of(in FuseRequest request)
    {
        ulong node = request.Header.nodeid;
        ReadOnlySpan<byte> body = request.Body;
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_RENAME:
            case FuseOpcode.FUSE_RENAME2:
            case FuseOpcode.FUSE_LINK:
                return new(node, Read(body, 0), 0, 0, false);
            case FuseOpcode.FUSE_READ:
            case FuseOpcode.FUSE_WRITE:
            case FuseOpcode.FUSE_FLUSH:
            case FuseOpcode.FUSE_FSYNC:
            case FuseOpcode.FUSE_FSYNCDIR:
            case FuseOpcode.FUSE_READDIR:
            case FuseOpcode.FUSE_READDIRPLUS:
            case FuseOpcode.FUSE_RELEASE:
            case FuseOpcode.FUSE_RELEASEDIR:
            case FuseOpcode.FUSE_LSEEK:
            case FuseOpcode.FUSE_FALLOCATE:
            case FuseOpcode.FUSE_GETLK:
            case FuseOpcode.FUSE_SETLK:
            case FuseOpcode.FUSE_SETLKW:
            case FuseOpcode.FUSE_IOCTL:
            case FuseOpcode.FUSE_POLL:
                return new(node, 0, Read(body, 0), 0, true);
            case FuseOpcode.FUSE_GETATTR:
                bool getFh = (Read32(body, 0) & FuseConstants.FUSE_GETATTR_FH) != 0;
                return new(node, 0, getFh ? Read(body, 8) : 0, 0, getFh);
            case FuseOpcode.FUSE_SETATTR:
                bool setFh = (Read32(body, 0) & (uint)FuseSetattrValid.FATTR_FH) != 0;
                return new(node, 0, setFh ? Read(body, 8) : 0, 0, setFh);
            case FuseOpcode.FUSE_COPY_FILE_RANGE:
            case FuseOpcode.FUSE_COPY_FILE_RANGE_64:
                return new(node, Read(body, 16), Read(body, 0), Read(body, 24), true);
            default:
                return new(node, 0, 0, 0, false);
        }
    }

    private static ulong Read(ReadOnlySpan<byte> body, int at) =>
        MemoryMarshal.TryRead(body[Math.Min(at, body.Length)..], out ulong value) ? value : 0;

    private static uint Read32(ReadOnlySpan<byte> body, int at) =>
        MemoryMarshal.TryRead(body[Math.Min(at, body.Length)..], out uint value) ? value : 0;
}
