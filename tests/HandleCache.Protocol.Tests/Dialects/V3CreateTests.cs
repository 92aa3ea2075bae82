using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>
/// MKOBJ_HANDLE + STATX + OPEN in the place of CREATE, and its parts one at a time, typed from
/// PROPOSALS.md, section 2, and ABI.md, proposed.
/// </summary>
public class V3CreateTests
{
    private const int NotImplemented = -38;
    private const int NotSupported = -95;
    private const string CallerHex = "00000000" + "00000000" + "00000000";
    private const string HandleRecordHex =
        // fuse_ext_header: 24 bytes with padding, type 33; u16 9: folded type and bytes
        "18000000" + "21000000" + "0900" + "81000000" + "0102030405" + "0000000000";

    // fuse_create_in: O_RDWR|O_CREAT|O_EXCL, S_IFREG|0644, umask 022, open_flags 0; name
    private const string ArgumentsHex =
        "C2000000" + "A4810000" + "12000000" + "00000000" + "61626300";

    private static readonly byte[] Handle5 = [1, 2, 3, 4, 5];
    private static readonly byte[] Handle8 = [1, 2, 3, 4, 5, 6, 7, 8];
    private static readonly byte[] Create = Request(
        FuseOpcode.FUSE_CREATE, 0x11, Convert.FromHexString(ArgumentsHex));

    private static readonly byte[] Lookup = Request(FuseOpcode.FUSE_LOOKUP, 0x11, Name("abc"));
    private static readonly byte[] Open = Struct(new fuse_open_out { fh = 7, open_flags = 2 });

    [Fact]
    public void Create_is_an_atomic_compound_of_three_parts_whose_first_has_the_parents_handle()
    {
        string expected =
            // len 40 + 16 + (40 + 16 + 4 + 24) + (40 + 24) + (40 + 8) = 252, opcode 54
            "FC000000" + "36000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000"
            // fuse_compound_in of v5: FUSE_COMPOUND_ATOMIC; results 506 of LOOKUP + (16 + 16)
            + "02000000" + "1A020000" + "0000000000000000"
            // part 1: 84 bytes, opcode 56, total_extlen 3
            + "54000000" + "38000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "0300" + "0000" + ArgumentsHex + HandleRecordHex
            // part 2: 64 bytes, STATX (52) of FUSE_ROOT_ID; sx_mask 0x7FF
            + "40000000" + "34000000" + "0200000000000000" + "0100000000000000" + CallerHex
            + "00000000" + "00000000" + "00000000" + "0000000000000000" + "00000000" + "FF070000"
            // part 3: 48 bytes, OPEN (14) of FUSE_ROOT_ID; O_RDWR without O_CREAT and O_EXCL
            + "30000000" + "0E000000" + "0200000000000000" + "0100000000000000" + CallerHex
            + "00000000" + "02000000" + "00000000";
        byte[] message = Write(Dialect.V3, Create);
        Assert.Equal(expected, Convert.ToHexString(message));
        Assert.Equal(
            message.Length, Dialect.V3.RequestBytes(FuseOpcode.FUSE_CREATE, Create.Length, 5));
        WireRequest wire = Read(Dialect.V3, message);
        Assert.Equal(
            (FuseOpcode.FUSE_CREATE, 0x11UL, false),
            (wire.Opcode, wire.Header.nodeid, wire.IsAlone));
        Assert.Equal(ArgumentsHex, Convert.ToHexString(wire.Body));
        Assert.Equal(Handle5, wire.Handle.Bytes.ToArray());
    }

    [Fact]
    public void Framing_v7_says_that_both_later_parts_take_the_nodeid_of_the_first()
    {
        Dialect v7 = Created(new() { Compound = CompoundFraming.V7 });
        byte[] message = Write(v7, Create);
        Assert.Equal(252 + 12, message.Length);
        Assert.Equal(new byte[16], message[40..56]);
        Assert.Equal("FF000000", Convert.ToHexString(message[56..60]));
        Assert.Equal("00000000", Convert.ToHexString(message[144..148]));
        Assert.Equal("00000000", Convert.ToHexString(message[212..216]));
        Assert.Equal(FuseOpcode.FUSE_CREATE, Read(v7, message).Opcode);
    }

    [Fact]
    public void The_reply_has_entry2_with_the_handle_then_statx_then_open_at_the_end()
    {
        fuse_entry_out entry = new()
        {
            nodeid = 0x11,
            generation = 0x22,
            entry_valid = 5,
            attr_valid = 6,
            attr = new() { ino = 9, mode = FileModes.Regular644, nlink = 1 },
        };
        byte[] room = new byte[1024];
        Assert.True(Dialect.V3.TryWriteEntryReply(
            room, FuseOpcode.FUSE_CREATE, 9, entry, 0x81, Handle8, Open, out int written));
        // 16 + 16 + (16 + 40 + 2 + 4 + 8) + (16 + 288) + (16 + 16)
        Assert.Equal(438, written);
        Assert.Equal(438, Dialect.V3.ReplyBytes(FuseOpcode.FUSE_CREATE, 8));
        Assert.Equal("46000000" + "00000000" + "0900000000000000",
            Convert.ToHexString(room.AsSpan(32, 16)));
        Assert.Equal("30010000" + "00000000" + "0900000000000000",
            Convert.ToHexString(room.AsSpan(102, 16)));
        Assert.Equal("20000000" + "00000000" + "0900000000000000",
            Convert.ToHexString(room.AsSpan(406, 16)));
        Assert.Equal(Open, room[422..438]);
        Assert.True(FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _));
        Assert.False(Dialect.V3.ReadEntryReply(
            FuseOpcode.FUSE_CREATE, reply, out WireEntry read, out int errno).IsError);
        Assert.Equal((0, 0x11UL, 6UL), (errno, read.Entry.nodeid, read.Entry.attr_valid));
        Assert.Equal(Struct(entry.attr), Struct(read.Entry.attr));
        Assert.Equal(Handle8, read.Handle.Bytes.ToArray());
        Assert.True(Dialect.V3.ReplyBrings(FuseOpcode.FUSE_CREATE));
    }

    [Theory]
    [InlineData(0, -17)]
    [InlineData(1, -2)]
    [InlineData(2, -24)]
    public void An_error_of_any_part_is_the_operations(int failing, int error)
    {
        byte[] room = Replied();
        byte[][] parts = [room[32..102], room[102..406], room[406..438]];
        parts[failing] = Reply(9, error);
        byte[] message = Reply(9, 0, [new byte[16], .. parts[..(failing + 1)]]);
        Assert.True(FuseReply.TryParse(message, out FuseReply reply, out _));
        WireError fault = Dialect.V3.ReadEntryReply(
            FuseOpcode.FUSE_CREATE, reply, out _, out int errno);
        Assert.False(fault.IsError, fault.ToString());
        Assert.Equal(error, errno);
    }

    public static TheoryData<string, int, byte, WireFault> Lies() => new()
    {
        // The parts of the message of 252 bytes start at 56, 140 and 204.
        { "no part OPEN", 208, 52, WireFault.UnknownCode },
        { "OPEN longer than the message", 204, 49, WireFault.LengthLies },
        { "another first part", 60, 9, WireFault.UnknownCode },
        { "first part LOOKUP_HANDLE, so OPEN is too much", 60, 55, WireFault.Overlong },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_compound_that_lies_is_refused(string what, int at, byte value, WireFault fault)
    {
        byte[] message = Write(Dialect.V3, Create);
        message[at] = value;
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        WireError error = Dialect.V3.ReadRequest(request, out _);
        Assert.True(fault == error.Fault, $"{what}: {error}");
    }

    [Theory]
    [InlineData(FuseOpcode.FUSE_MKDIR)]
    [InlineData(FuseOpcode.FUSE_MKNOD)]
    [InlineData(FuseOpcode.FUSE_SYMLINK)]
    [InlineData(FuseOpcode.FUSE_LINK)]
    [InlineData(FuseOpcode.FUSE_TMPFILE)]
    public void What_the_patches_have_not_done_is_todays_and_brings_no_handle(FuseOpcode opcode)
    {
        byte[] classic = Request(opcode, 0x11, new byte[16], Name("n"), Name("t"));
        Assert.Equal(classic, Write(Dialect.V3, classic));
        Assert.False(Dialect.V3.ReplyBrings(opcode));
        Assert.Equal(1, Dialect.V3.RequestsPer(opcode));
    }

    [Fact]
    public void A_server_without_compounds_gets_every_part_alone_from_then_on()
    {
        Dialect? apart = Dialect.V3.AfterRefusal(FuseOpcode.FUSE_LOOKUP, NotImplemented);
        Assert.NotNull(apart);
        Assert.Equal(
            (2, 3),
            (apart.RequestsPerLookup, apart.RequestsPer(FuseOpcode.FUSE_CREATE)));
        string expected =
            "54000000" + "38000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "0300" + "0000" + ArgumentsHex + HandleRecordHex;
        byte[] message = Write(apart, Create);
        Assert.Equal(expected, Convert.ToHexString(message));
        WireRequest wire = Read(Dialect.V3, message);
        Assert.Equal((FuseOpcode.FUSE_CREATE, true), (wire.Opcode, wire.IsAlone));
        Assert.Equal(55, Write(apart, Lookup)[4]);
        Assert.Equal(68, Write(apart, Lookup).Length);
        Assert.Null(apart.AfterRefusal(FuseOpcode.FUSE_LOOKUP, NotImplemented));
    }

    [Fact]
    public void A_part_alone_is_answered_by_an_entry_without_attributes_and_nothing_else()
    {
        Dialect apart = Dialect.V3.Apart(FuseOpcode.FUSE_CREATE);
        fuse_entry_out entry = new()
        {
            nodeid = 0x11,
            attr = new() { mode = FileModes.Regular644 },
        };
        byte[] room = new byte[1024];
        Assert.False(apart.TryWriteEntryReply(
            room, FuseOpcode.FUSE_CREATE, 9, entry, 0x81, Handle8, Open, out _));
        Assert.True(apart.TryWriteEntryReply(
            room, FuseOpcode.FUSE_CREATE, 9, entry, 0x81, Handle8, [], out int written));
        Assert.Equal(16 + 40 + 2 + 4 + 8, written);
        Assert.True(FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _));
        Assert.False(apart.ReadEntryReply(
            FuseOpcode.FUSE_CREATE, reply, out WireEntry read, out _).IsError);
        Assert.Equal((0x11UL, 0u), (read.Entry.nodeid, read.Entry.attr.mode));
        Assert.Equal(Handle8, read.Handle.Bytes.ToArray());
    }

    [Fact]
    public void Framing_v7_lets_a_server_decline_one_combination_and_v5_does_not()
    {
        Dialect v7 = Created(new() { Compound = CompoundFraming.V7 });
        Dialect? apart = v7.AfterRefusal(FuseOpcode.FUSE_CREATE, NotSupported);
        Assert.NotNull(apart);
        Assert.Equal(
            (1, 3),
            (apart.RequestsPerLookup, apart.RequestsPer(FuseOpcode.FUSE_CREATE)));
        Assert.Null(Dialect.V3.AfterRefusal(FuseOpcode.FUSE_CREATE, NotSupported));
    }

    [Fact]
    public void Any_other_error_and_any_other_operation_is_no_refusal_of_a_compound()
    {
        Assert.Null(Dialect.V3.AfterRefusal(FuseOpcode.FUSE_CREATE, -17));
        Assert.Null(Dialect.V3.AfterRefusal(FuseOpcode.FUSE_CREATE, 0));
        Assert.Null(Dialect.V3.AfterRefusal(FuseOpcode.FUSE_MKDIR, NotImplemented));
        foreach (Dialect dialect in new[] { Dialect.Classic, Dialect.V2, Dialect.Fusex })
            Assert.Null(dialect.AfterRefusal(FuseOpcode.FUSE_LOOKUP, NotImplemented));
    }

    private static byte[] Replied()
    {
        byte[] room = new byte[1024];
        Assert.True(Dialect.V3.TryWriteEntryReply(
            room, FuseOpcode.FUSE_CREATE, 9, new() { nodeid = 5 }, 0x81, Handle8, Open,
            out int written));
        return room[..written];
    }

    private static byte[] Write(Dialect dialect, byte[] classic)
    {
        Assert.True(FuseRequest.TryParse(classic, out FuseRequest request, out _));
        byte[] room = new byte[1024];
        Assert.True(dialect.TryWriteRequest(room, request, 0x81, Handle5, out int written));
        return room[..written];
    }

    private static WireRequest Read(Dialect dialect, byte[] message)
    {
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        WireError fault = dialect.ReadRequest(request, out WireRequest wire);
        Assert.False(fault.IsError, fault.ToString());
        return wire;
    }

    private static Dialect Created(DialectOptions options)
    {
        Assert.True(DialectList.TryCreate("v3", options, out Dialect? dialect, out _));
        return dialect;
    }
}
