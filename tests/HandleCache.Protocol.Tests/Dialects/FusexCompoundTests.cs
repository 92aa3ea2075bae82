using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>
/// fusex with compounds, and fusex as posted without a handle, typed from PROPOSALS.md, section 8,
/// and ABI.md, proposed: compounds v7, fuse_entryx_out of 32 bytes.
/// </summary>
public class FusexCompoundTests
{
    private const string CallerHex = "00000000" + "00000000" + "00000000";

    /// <summary>nodeid 5, entry_valid 60, nsec 0, flags 0, spare.</summary>
    private const string EntryHex =
        "0500000000000000" + "3C00000000000000" + "00000000" + "00000000" + "0000000000000000";

    private static readonly byte[] Handle5 = [1, 2, 3, 4, 5];
    private static readonly byte[] Lookup = Request(FuseOpcode.FUSE_LOOKUP, 0x11, Name("f"));
    private static readonly Dialect Bare = Of(DesignFraming.FusexCompound, 0);
    private static readonly Dialect April = Of(DesignFraming.Fusex, 0);

    [Fact]
    public void Lookup_is_a_compound_of_LOOKUPX_and_STATX_with_its_birth_time()
    {
        string expected =
            // len 40 + 16 + 4 + 42 + 4 + 64 = 170, opcode 54
            "AA000000" + "36000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000" + "0000000000000000" + "0000000000000000"
            // depends on none; 42 bytes, opcode 55, "f"
            + "FF000000" + "2A000000" + "37000000" + "0200000000000000" + "1100000000000000"
            + CallerHex + "00000000" + "6600"
            // depends on part 0; 64 bytes, STATX (52); sx_mask 0xFFF
            + "00000000" + "40000000" + "34000000" + "0200000000000000" + "0100000000000000"
            + CallerHex + "00000000" + "00000000" + "00000000" + "0000000000000000"
            + "00000000" + "FF0F0000";
        byte[] message = Write(Bare, Lookup, []);
        Assert.Equal(expected, Convert.ToHexString(message));
        Assert.Equal(
            message.Length, Bare.RequestBytes(FuseOpcode.FUSE_LOOKUP, Lookup.Length, 0));
        WireRequest wire = Read(Bare, message);
        Assert.Equal((FuseOpcode.FUSE_LOOKUP, 0x11UL, false),
            (wire.Opcode, wire.Header.nodeid, wire.IsAlone));
        Assert.Equal(Name("f"), wire.Body.ToArray());
    }

    [Fact]
    public void The_reply_is_an_entry_of_32_bytes_and_a_statx()
    {
        byte[] message = Reply(Bare, FuseOpcode.FUSE_LOOKUP, Entry(5), []);
        Assert.Equal(
            // len 384; fuse_compound_out; part 1: 16 + 32; part 2: 16 + 288
            "80010000" + "00000000" + "0200000000000000" + "0000000000000000"
            + "0000000000000000" + "30000000" + "00000000" + "0200000000000000" + EntryHex
            + "30010000" + "00000000" + "0200000000000000",
            Convert.ToHexString(message.AsSpan(0, 96)));
        Assert.Equal(384, message.Length);
        Assert.Equal(384, Bare.ReplyBytes(FuseOpcode.FUSE_LOOKUP, 0));
        WireEntry read = ReadReply(Bare, message, out int errno);
        Assert.Equal((0, 5UL, 60UL, 0x81A4u),
            (errno, read.Entry.nodeid, read.Entry.entry_valid, read.Entry.attr.mode));
    }

    [Fact]
    public void A_handle_stands_behind_the_entry_and_in_a_record_of_the_first_part()
    {
        byte[] message = Write(Dialect.FusexCompound, Lookup, Handle5);
        Assert.Equal(170 + 24, message.Length);
        Assert.Equal(Handle5, Read(Dialect.FusexCompound, message).Handle.Bytes.ToArray());
        byte[] reply = Reply(Dialect.FusexCompound, FuseOpcode.FUSE_LOOKUP, Entry(5), Handle5);
        Assert.Equal(384 + 2 + 4 + 5, reply.Length);
        Assert.Equal("0900" + "81000000" + "0102030405",
            Convert.ToHexString(reply.AsSpan(80, 11)));
        Assert.Equal(Handle5,
            ReadReply(Dialect.FusexCompound, reply, out _).Handle.Bytes.ToArray());
    }

    [Fact]
    public void A_STATX_that_fails_leaves_the_entry_to_forget_and_of_a_negative_one_says_nothing()
    {
        byte[] room = new byte[1024];
        Assert.True(Bare.TryWriteStatxFailure(
            room, FuseOpcode.FUSE_LOOKUP, 2, Entry(5), 0, [], Errno.EIO, out int bytes));
        Assert.Equal(96, bytes);
        Assert.Equal("10000000" + "FBFFFFFF", Convert.ToHexString(room.AsSpan(80, 8)));
        WireEntry lost = ReadReply(Bare, room[..bytes], out int errno);
        Assert.Equal((-5, 5UL), (errno, lost.Entry.nodeid));

        Assert.True(Bare.TryWriteStatxFailure(
            room, FuseOpcode.FUSE_LOOKUP, 2, Entry(0), 0, [], Errno.ENOENT, out bytes));
        WireEntry none = ReadReply(Bare, room[..bytes], out errno);
        Assert.Equal((0, 0UL), (errno, none.Entry.nodeid));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void MKOBJX_with_inherited_ACLs_is_read_and_said_to_be_beyond_this_server(
        int acls, bool isUnsupported)
    {
        byte[] mkdir = Request(
            FuseOpcode.FUSE_MKDIR, 0x11, Struct(new fuse_mkdir_in { mode = 0x1ED }), Name("d"));
        byte[] plain = Write(Bare, mkdir, []);
        byte[] acl = Request(
            FuseOpcode.FUSE_SETXATTR, 1, Struct(new fuse_setxattr_in { size = 4 }),
            Name("system.posix_acl_access"), [2, 0, 0, 0]);
        byte[] part = [0, 0, 0, 0, .. acl];
        int at = plain.Length - 68;
        byte[] message =
            [.. plain[..at], .. Enumerable.Repeat(part, acls).SelectMany(p => p), .. plain[at..]];
        BitConverter.TryWriteBytes(message, message.Length);
        WireRequest wire = Read(Bare, message);
        Assert.Equal((FuseOpcode.FUSE_MKDIR, isUnsupported), (wire.Opcode, wire.IsUnsupported));
    }

    [Fact]
    public void Three_ACLs_a_part_too_many_and_a_first_part_of_another_kind_are_refused()
    {
        byte[] message = Write(Bare, Lookup, []);
        byte[] twice = [.. message, .. message[^68..]];
        BitConverter.TryWriteBytes(twice, twice.Length);
        Assert.Equal(WireFault.Overlong, Fault(Bare, twice));
        byte[] cut = message[..^68];
        BitConverter.TryWriteBytes(cut, cut.Length);
        Assert.Equal(WireFault.Truncated, Fault(Bare, cut));
        message[64] = (byte)FuseOpcode.FUSE_OPEN;
        Assert.Equal(WireFault.UnknownCode, Fault(Bare, message));
    }

    [Fact]
    public void LINK_has_a_reply_without_entry_and_there_is_no_CREATE()
    {
        byte[] reply = Reply(Bare, FuseOpcode.FUSE_LINK, Entry(5), []);
        Assert.Equal("10000000" + "00000000" + "0200000000000000", Convert.ToHexString(reply));
        Assert.False(Bare.RepliesEntry(FuseOpcode.FUSE_LINK));
        Assert.True(Bare.Lacks(FuseOpcode.FUSE_CREATE));
        Assert.False(Dialect.Fusex.Lacks(FuseOpcode.FUSE_CREATE));
        Assert.True(Dialect.Fusex.RepliesEntry(FuseOpcode.FUSE_LINK));
    }

    [Theory]
    [InlineData(-38, true)]
    [InlineData(-95, false)]
    public void A_declined_compound_goes_on_in_parts_ENOSYS_for_every_operation(
        int errno, bool all)
    {
        Dialect apart = Bare.AfterRefusal(FuseOpcode.FUSE_LOOKUP, errno)!;
        Assert.Equal(2, apart.RequestsPer(FuseOpcode.FUSE_LOOKUP));
        Assert.Equal(all ? 2 : 1, apart.RequestsPer(FuseOpcode.FUSE_MKDIR));
        byte[] message = Write(apart, Lookup, []);
        Assert.Equal("2A000000" + "37000000", Convert.ToHexString(message.AsSpan(0, 8)));
        Assert.True(Read(Bare, message).IsAlone);
        Assert.Equal(48, Reply(apart, FuseOpcode.FUSE_LOOKUP, Entry(5), []).Length);
        Assert.Null(Bare.AfterRefusal(FuseOpcode.FUSE_LOOKUP, -5));
    }

    [Fact]
    public void As_posted_in_April_no_message_has_a_handle()
    {
        Assert.Equal(
            "2A000000" + "37000000" + "0200000000000000" + "1100000000000000" + CallerHex
            + "00000000" + "6600", Convert.ToHexString(Write(April, Lookup, [])));
        // A server's handle is left out.
        Assert.Equal(
            "30000000" + "00000000" + "0200000000000000" + EntryHex,
            Convert.ToHexString(Reply(April, FuseOpcode.FUSE_LOOKUP, Entry(5), Handle5)));
        Assert.True(April.HasOwnMessages);
        Assert.False(April.CarriesHandles);
        Assert.DoesNotContain(Enum.GetValues<FuseOpcode>(), April.RequestBrings);
        Assert.DoesNotContain(Enum.GetValues<FuseOpcode>(), April.ReplyBrings);
    }

    private static Dialect Of(DesignFraming framing, int maximum) => new WireDesign
    {
        Name = "own",
        Framing = framing,
        OptIn = HandleOptIn.FileSystemType,
        Numbers = Dialect.FusexCompound.Numbers,
        MaxHandleBytes = maximum,
    }.ToDialect();

    private static fuse_entry_out Entry(ulong nodeId) => new()
    {
        nodeid = nodeId,
        entry_valid = 60,
        attr = new fuse_attr { ino = 9, mode = 0x81A4, nlink = 1 },
    };

    private static byte[] Write(Dialect dialect, byte[] classic, byte[] handle)
    {
        Assert.True(FuseRequest.TryParse(classic, out FuseRequest request, out _));
        byte[] room = new byte[1024];
        Assert.True(dialect.TryWriteRequest(room, request, 0x81, handle, out int bytes));
        return room[..bytes];
    }

    private static WireRequest Read(Dialect dialect, byte[] message)
    {
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        WireError error = dialect.ReadRequest(request, out WireRequest wire);
        Assert.False(error.IsError, error.ToString());
        return wire;
    }

    private static WireFault Fault(Dialect dialect, byte[] message)
    {
        Assert.True(FuseRequest.TryParse(message, out FuseRequest request, out _));
        return dialect.ReadRequest(request, out _).Fault;
    }

    private static byte[] Reply(
        Dialect dialect, FuseOpcode opcode, fuse_entry_out entry, byte[] handle)
    {
        byte[] room = new byte[1024];
        Assert.True(dialect.TryWriteEntryReply(
            room, opcode, 2, entry, 0x81, handle, [], out int bytes));
        return room[..bytes];
    }

    private static WireEntry ReadReply(Dialect dialect, byte[] message, out int errno)
    {
        Assert.True(FuseReply.TryParse(message, out FuseReply reply, out _));
        WireError error = dialect.ReadEntryReply(
            FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out errno);
        Assert.False(error.IsError, error.ToString());
        return entry;
    }
}
