using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>
/// MKOBJX: header 40, fuse_mkobjx_in {namesize, flags, spare[7], fuse_statx} 320, name, target.
/// In fuse_statx: mask 0, uid 20, gid 24, mode 28, rdev_major 128, rdev_minor 132.
/// </summary>
public class FusexMakeObjectTests
{
    private const int ArgumentsAt = 40;
    private const int StatxAt = ArgumentsAt + 64;
    private const int NameAt = ArgumentsAt + 320;

    private static readonly byte[] Handle5 = [1, 2, 3, 4, 5];

    private static byte[] MakeDirectory => Request(
        FuseOpcode.FUSE_MKDIR, 0x11,
            Struct(new fuse_mkdir_in { mode = FileModes.Octal777, umask = 0x12 }),
        Name("dir"));

    private static byte[] MakeNode => Request(
        FuseOpcode.FUSE_MKNOD, 0x11,
        Struct(new fuse_mknod_in { mode = 0x21B6, rdev = 0x12300145, umask = 0x12 }),
        Name("tty"));

    private static byte[] Symlink =>
        Request(FuseOpcode.FUSE_SYMLINK, 0x11, Name("link"), Name("/to"));

    [Fact]
    public void Mkdir_is_opcode_56_with_type_mode_less_umask_and_owner_in_a_statx()
    {
        byte[] classic = MakeDirectory;
        MemoryMarshal.Write(classic.AsSpan(24), 1000u);
        MemoryMarshal.Write(classic.AsSpan(28), 100u);
        byte[] message = Write(classic);
        // 40 + 320 + 4 + 24 for the handle's record
        Assert.Equal(388, message.Length);
        Assert.Equal(388, Dialect.Fusex.RequestBytes(
            FuseOpcode.FUSE_MKDIR, classic.Length, 5));
        Assert.Equal("84010000" + "38000000", Convert.ToHexString(message.AsSpan(0, 8)));
        Assert.Equal("04000000" + "00000000",
            Convert.ToHexString(message.AsSpan(ArgumentsAt, 8)));
        Assert.Equal(new byte[56], message[(ArgumentsAt + 8)..StatxAt]);
        Assert.Equal("1B000000", Convert.ToHexString(message.AsSpan(StatxAt, 4)));
        // uid, gid, then S_IFDIR | 0777 & ~022
        Assert.Equal("E8030000" + "64000000" + "ED41",
            Convert.ToHexString(message.AsSpan(StatxAt + 20, 10)));
        Assert.Equal(Name("dir"), message[NameAt..(NameAt + 4)]);
        Assert.Equal("18000000" + "21000000" + "0900",
            Convert.ToHexString(message.AsSpan(NameAt + 4, 10)));
    }

    [Fact]
    public void Mknod_has_its_device_in_two_numbers_and_a_symlink_its_target_behind_the_name()
    {
        byte[] message = Write(MakeNode);
        // S_IFCHR | 0666 & ~022; major 1, minor 0x12345
        Assert.Equal("A421", Convert.ToHexString(message.AsSpan(StatxAt + 28, 2)));
        Assert.Equal("01000000" + "45230100",
            Convert.ToHexString(message.AsSpan(StatxAt + 128, 8)));
        message = Write(Symlink);
        Assert.Equal(5, message[ArgumentsAt]);
        Assert.Equal("FFA1", Convert.ToHexString(message.AsSpan(StatxAt + 28, 2)));
        Assert.Equal([.. Name("link"), .. Name("/to")], message[NameAt..(NameAt + 9)]);
    }

    [Fact]
    public void Each_comes_back_as_todays_with_the_umask_applied_and_the_parents_handle()
    {
        byte[] mkdir = Struct(new fuse_mkdir_in { mode = FileModes.Octal755 });
        byte[] mknod = Struct(new fuse_mknod_in { mode = 0x21A4, rdev = 0x12300145 });
        foreach ((byte[] classic, FuseOpcode opcode, byte[] body) in new[]
        {
            (MakeDirectory, FuseOpcode.FUSE_MKDIR, (byte[])[.. mkdir, .. Name("dir")]),
            (MakeNode, FuseOpcode.FUSE_MKNOD, [.. mknod, .. Name("tty")]),
            (Symlink, FuseOpcode.FUSE_SYMLINK, [.. Name("link"), .. Name("/to")]),
        })
        {
            byte[] message = Write(classic);
            Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
            Assert.False(Dialect.Fusex.ReadRequest(request, out WireRequest wire).IsError);
            Assert.Equal((opcode, 0x11UL), (wire.Opcode, wire.Header.nodeid));
            Assert.Equal(body, wire.Body.ToArray());
            Assert.Equal(Handle5, wire.Handle.Bytes.ToArray());
        }
    }

    public static TheoryData<string, int, byte, WireFault> Lies() => new()
    {
        { "namesize too small", ArgumentsAt, 3, WireFault.LengthLies },
        { "namesize too large", ArgumentsAt, 5, WireFault.LengthLies },
        { "TMPFILE, which this form is not read as", ArgumentsAt + 4, 1, WireFault.BadValue },
        { "an empty name", NameAt, 0, WireFault.BadName },
        { "a symlink without target", StatxAt + 29, 0xA1, WireFault.BadName },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void What_lies_is_refused(string what, int at, byte value, WireFault fault)
    {
        byte[] message = Write(MakeDirectory);
        message[at] = value;
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        WireError error = Dialect.Fusex.ReadRequest(request, out _);
        Assert.True(fault == error.Fault, $"{what}: {error}");
    }

    [Fact]
    public void A_target_behind_what_is_no_symlink_and_a_short_message_are_refused()
    {
        byte[] message = Write(Symlink);
        message[StatxAt + 29] = 0x41;
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.Equal(WireFault.Overlong, Dialect.Fusex.ReadRequest(request, out _).Fault);
        byte[] cut = Request((FuseOpcode)56, 0x11, new byte[319]);
        Assert.True(FuseRequest.TryParse(cut, out request, out _));
        Assert.Equal(WireFault.Truncated, Dialect.Fusex.ReadRequest(request, out _).Fault);
    }

    private static byte[] Write(byte[] classic)
    {
        Assert.True(FuseRequest.TryParse(classic, out FuseRequest request, out _));
        byte[] room = new byte[1024];
        Assert.True(Dialect.Fusex.TryWriteRequest(room, request, 0x81, Handle5, out int written));
        return room[..written];
    }
}
