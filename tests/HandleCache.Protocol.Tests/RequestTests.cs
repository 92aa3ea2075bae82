using FsCheck;
using FsCheck.Fluent;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests;

public class RequestTests
{
    [Fact]
    public void A_lookup_as_the_kernel_sends_it_is_read_field_by_field()
    {
        // len 46, opcode 1, unique 0x10, nodeid 1, uid 1000, gid 100, pid 7, no extensions,
        // "hello".
        byte[] message = Convert.FromHexString(
            "2E000000" + "01000000" + "1000000000000000" + "0100000000000000"
            + "E8030000" + "64000000" + "07000000" + "0000" + "0000" + "68656C6C6F00");

        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.Equal(FuseOpcode.FUSE_LOOKUP, request.Opcode);
        Assert.Equal(0x10UL, request.Header.unique);
        Assert.Equal(
            (1000u, 100u, 7u), (request.Header.uid, request.Header.gid, request.Header.pid));
        Assert.False(request.CheckShape().IsError);
        WireReader reader = request.Reader;
        Assert.True(reader.TryReadName(out ReadOnlySpan<byte> name));
        Assert.True(name.SequenceEqual("hello"u8));
        Assert.True(reader.TryEnd());
    }

    public static TheoryData<string, byte[], WireFault, int> Malformed() => new()
    {
        { "shorter than a head", new byte[39], WireFault.Truncated, 0 },
        { "longer than it says", [.. Request(FuseOpcode.FUSE_GETATTR, 1, new byte[16]), 0],
            WireFault.LengthLies, 0 },
        { "getattr one byte short", Request(FuseOpcode.FUSE_GETATTR, 1, new byte[15]),
            WireFault.Truncated, 40 },
        { "getattr one byte long", Request(FuseOpcode.FUSE_GETATTR, 1, new byte[17]),
            WireFault.Overlong, 56 },
        { "lookup without NUL", Request(FuseOpcode.FUSE_LOOKUP, 1, [65, 66]),
            WireFault.BadName, 40 },
        { "lookup of the empty name", Request(FuseOpcode.FUSE_LOOKUP, 1, [0]),
            WireFault.BadName, 40 },
        { "lookup with a slash", Request(FuseOpcode.FUSE_LOOKUP, 1, Name("a/b")),
            WireFault.BadName, 40 },
        { "lookup with bytes behind", Request(FuseOpcode.FUSE_LOOKUP, 1, Name("a"), [1]),
            WireFault.Overlong, 42 },
        { "rename with one name", Request(FuseOpcode.FUSE_RENAME, 1, new byte[8], Name("a")),
            WireFault.BadName, 50 },
        { "write that promises 9 bytes and brings 8",
            Request(FuseOpcode.FUSE_WRITE, 2, Struct(new fuse_write_in { size = 9 }), new byte[8]),
            WireFault.LengthLies, 80 },
        { "batch forget that promises 2^32-1 entries",
            Request(FuseOpcode.FUSE_BATCH_FORGET, 0,
                Struct(new fuse_batch_forget_in { count = uint.MaxValue }), new byte[16]),
            WireFault.LengthLies, 48 },
        { "setxattr that promises 1 byte too many",
            Request(FuseOpcode.FUSE_SETXATTR, 2, Struct(new fuse_setxattr_in { size = 2 }),
                Name("user.a"), [1]),
            WireFault.LengthLies, 63 },
        { "opcode 7, which is nobody's", Request((FuseOpcode)7, 1), WireFault.UnknownCode, 4 },
        { "opcode 2^32-1", Request((FuseOpcode)uint.MaxValue, 1), WireFault.UnknownCode, 4 },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_request_is_refused_with_fault_and_position(
        string what, byte[] message, WireFault fault, int position)
    {
        if (FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
            error = request.CheckShape();
        Assert.True(
            (fault, position) == (error.Fault, error.Position),
            $"{what}: expected {fault} at {position}, got {error}");
    }

    [Fact]
    public void Extensions_longer_than_the_body_are_a_lie()
    {
        byte[] message = Request(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);
        message[36] = 3;
        Assert.False(FuseRequest.TryParse(message, out _, out WireError error));
        Assert.Equal(new WireError(WireFault.LengthLies, 36, 24, 16), error);
    }

    [Fact]
    public void Extensions_are_cut_from_the_end_of_the_body()
    {
        byte[] message = Request(FuseOpcode.FUSE_MKDIR, 1, new byte[8], Name("d"), new byte[16]);
        message[36] = 2;
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.Equal(16, request.Extensions.Length);
        Assert.False(request.CheckShape().IsError);
    }

    [Fact]
    public void A_symlink_target_may_hold_a_slash_and_an_xattr_name_too()
    {
        Assert.True(FuseRequest.TryParse(
            Request(FuseOpcode.FUSE_SYMLINK, 1, Name("link"), Name("/etc/passwd")),
            out FuseRequest symlink, out _));
        Assert.False(symlink.CheckShape().IsError);
        Assert.True(FuseRequest.TryParse(
            Request(FuseOpcode.FUSE_REMOVEXATTR, 1, Name("user.a/b")),
            out FuseRequest xattr, out _));
        Assert.False(xattr.CheckShape().IsError);
    }

    [Fact]
    public void The_name_of_a_file_without_one_is_a_slash()
    {
        byte[] arguments = Struct(new fuse_create_in { mode = 0x8180 });
        Assert.True(FuseRequest.TryParse(
            Request(FuseOpcode.FUSE_TMPFILE, 1, arguments, Name("/")),
            out FuseRequest tmpfile, out _));
        Assert.False(tmpfile.CheckShape().IsError);
        Assert.True(FuseRequest.TryParse(
            Request(FuseOpcode.FUSE_CREATE, 1, arguments, Name("/")),
            out FuseRequest create, out _));
        Assert.True(create.CheckShape().IsError);
    }

    [Fact]
    public void Forgets_of_both_forms_are_read_alike()
    {
        Assert.Equal([(5UL, 3UL)], Forgets(Request(
            FuseOpcode.FUSE_FORGET, 5, Struct(new fuse_forget_in { nlookup = 3 }))));
        Assert.Equal([(5UL, 3UL), (6UL, 1UL)], Forgets(Request(
            FuseOpcode.FUSE_BATCH_FORGET, 0,
            Struct(new fuse_batch_forget_in { count = 2 }),
            Struct(new fuse_forget_one { nodeid = 5, nlookup = 3 }),
            Struct(new fuse_forget_one { nodeid = 6, nlookup = 1 }))));
    }

    [Fact]
    public void No_bytes_at_all_make_the_parser_throw_or_read_outside()
    {
        Gen<byte[]> anyBytes = Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();
        Gen<byte[]> liars =
            from body in anyBytes
            from opcode in Gen.Choose(0, 60)
            from honest in Gen.Elements(true, true, true, false)
            select Lying(opcode, body, honest);
        Prop.ForAll(Arb.From(Gen.OneOf(anyBytes, liars)), message =>
        {
            if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
                return error.IsError;
            WireError shape = request.CheckShape();
            if (shape.IsError)
                return shape.Position >= 0 && shape.Position <= message.Length;
            ForgetReader forgets = new(request);
            int count = 0;
            while (forgets.TryNext(out _))
                count++;
            return count <= message.Length;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));
    }

    private static byte[] Lying(int opcode, byte[] body, bool honest)
    {
        byte[] message = Request((FuseOpcode)opcode, 1, body);
        if (!honest)
            message[0] ^= 0x55;
        return message;
    }

    private static List<(ulong, ulong)> Forgets(byte[] message)
    {
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        Assert.False(request.CheckShape().IsError);
        List<(ulong, ulong)> all = [];
        ForgetReader reader = new(request);
        while (reader.TryNext(out fuse_forget_one one))
            all.Add((one.nodeid, one.nlookup));
        return all;
    }
}
