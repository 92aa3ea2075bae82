using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// MKOBJX in the place of MKDIR, MKNOD and SYMLINK. The umask is applied by the kernel, which
/// sends the mode that is left; owner and group are in the statx, too.
/// </summary>
public partial class FusexDialect
{
    private const uint GivenMask =
        StatxMask.Type | StatxMask.Mode | StatxMask.Uid | StatxMask.Gid;

    private static readonly int MakeObjectBytes = Unsafe.SizeOf<fuse_mkobjx_in>();

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes)
    {
        int bytes = base.RequestBytes(opcode, classicBytes, handleBytes);
        return MakesObject(opcode) ? bytes + MakeObjectBytes - FixedBytes(opcode) : bytes;
    }

    private protected static bool MakesObject(FuseOpcode opcode) => opcode is
        FuseOpcode.FUSE_MKDIR or FuseOpcode.FUSE_MKNOD or FuseOpcode.FUSE_SYMLINK;

    /// <summary>Bytes of today's arguments before the name.</summary>
    private static int FixedBytes(FuseOpcode opcode) =>
        Operation.Of(opcode).Request.FixedBytes;

    private bool TryWriteMakeObject(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        written = 0;
        WireReader reader = classic.Reader;
        fuse_mkobjx_in made = new()
        {
            stat = new() { mask = GivenMask, uid = classic.Header.uid, gid = classic.Header.gid },
        };
        switch (classic.Opcode)
        {
            case FuseOpcode.FUSE_MKDIR when reader.TryRead(out fuse_mkdir_in mkdir):
                made.stat.mode = (ushort)(FileModes.Directory | (mkdir.mode & ~mkdir.umask));
                break;
            case FuseOpcode.FUSE_MKNOD when reader.TryRead(out fuse_mknod_in mknod):
                made.stat.mode = (ushort)(mknod.mode & ~mknod.umask);
                made.stat.rdev_major = DeviceNumber.Major(mknod.rdev);
                made.stat.rdev_minor = DeviceNumber.Minor(mknod.rdev);
                break;
            case FuseOpcode.FUSE_SYMLINK:
                made.stat.mode = (ushort)FileModes.Symlink777;
                break;
            default:
                return false;
        }

        ReadOnlySpan<byte> names = reader.Remaining;
        if (!reader.TryReadName(out ReadOnlySpan<byte> name))
            return false;
        made.namesize = (uint)name.Length + 1;
        byte[] today = new byte[FuseRequest.HeaderBytes + MakeObjectBytes + names.Length
            + classic.Extensions.Length];
        fuse_in_header header = classic.Header;
        header.len = (uint)today.Length;
        MemoryMarshal.Write(today, header);
        MemoryMarshal.Write(today.AsSpan(FuseRequest.HeaderBytes), made);
        names.CopyTo(today.AsSpan(FuseRequest.HeaderBytes + MakeObjectBytes));
        classic.Extensions.CopyTo(today.AsSpan(today.Length - classic.Extensions.Length));
        return FuseRequest.TryParse(today, out FuseRequest request, out _)
            && TryWriteWithExtension(
                destination, request, Numbers.MakeObject, handleType, handle, out written);
    }

    /// <summary>
    /// Today's MKDIR, MKNOD or SYMLINK; its arguments are rebuilt, so the body is no part of
    /// the message.
    /// </summary>
    private WireError ReadMakeObject(scoped in FuseRequest request, out WireRequest wire)
    {
        wire = default;
        WireReader reader = new(request.Body, FuseRequest.HeaderBytes);
        if (!reader.TryRead(out fuse_mkobjx_in made))
            return reader.Error;
        if (made.flags != 0)
            return new WireError(WireFault.BadValue, FuseRequest.HeaderBytes + 4, 0, made.flags);
        ReadOnlySpan<byte> names = reader.Remaining;
        if (!reader.TryReadName(out ReadOnlySpan<byte> name))
            return reader.Error;
        if (made.namesize != name.Length + 1)
        {
            return new WireError(
                WireFault.LengthLies, FuseRequest.HeaderBytes, made.namesize, name.Length + 1);
        }

        uint type = made.stat.mode & FileModes.TypeMask;
        if (type == FileModes.Symlink && !reader.TryReadName(out _))
            return reader.Error;
        if (!reader.TryEnd())
            return reader.Error;
        WireError fault = ReadHandle(request, out FileHandle handle);
        if (fault.IsError)
            return fault;
        fuse_in_header header = request.Header;
        header.opcode = (uint)(type switch
        {
            FileModes.Directory => FuseOpcode.FUSE_MKDIR,
            FileModes.Symlink => FuseOpcode.FUSE_SYMLINK,
            _ => FuseOpcode.FUSE_MKNOD,
        });
        wire = new WireRequest(
            header, TodaysBody((FuseOpcode)header.opcode, made.stat, names), handle);
        return WireError.None;
    }

    private static byte[] TodaysBody(
        FuseOpcode opcode, in fuse_statx stat, ReadOnlySpan<byte> names)
    {
        int fixedBytes = FixedBytes(opcode);
        byte[] body = new byte[fixedBytes + names.Length];
        names.CopyTo(body.AsSpan(fixedBytes));
        if (opcode == FuseOpcode.FUSE_MKDIR)
        {
            MemoryMarshal.Write(body, new fuse_mkdir_in { mode = stat.mode & ~FileModes.TypeMask });
        }
        else if (opcode == FuseOpcode.FUSE_MKNOD)
        {
            MemoryMarshal.Write(body, new fuse_mknod_in
            {
                mode = stat.mode,
                rdev = DeviceNumber.ToWire(stat.rdev_major, stat.rdev_minor),
            });
        }

        return body;
    }
}
