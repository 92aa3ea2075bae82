using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>Entries in replies, typed from PROPOSALS.md, section 2.</summary>
public class EntryCodecTests
{
    private static readonly byte[] Handle8 = [1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>88 bytes of fuse_attr: ino 0x33, size 0x44, a regular file 0644.</summary>
    private const string AttrHex =
        "3300000000000000" + "4400000000000000" + "0000000000000000" + "0000000000000000"
        + "0000000000000000" + "0000000000000000" + "00000000" + "00000000" + "00000000"
        + "A4810000" + "01000000" + "00000000" + "00000000" + "00000000" + "00000000" + "00000000";

    /// <summary>nodeid 0x11, generation 0x22, entry valid 5 s, attributes 6 s.</summary>
    private const string EntryHex =
        "1100000000000000" + "2200000000000000" + "0500000000000000" + "0600000000000000"
        + "00000000" + "00000000" + AttrHex;

    private static fuse_entry_out Entry => new()
    {
        nodeid = 0x11,
        generation = 0x22,
        entry_valid = 5,
        attr_valid = 6,
        attr = new() { ino = 0x33, size = 0x44, mode = FileModes.Regular644, nlink = 1 },
    };

    [Fact]
    public void V2_puts_size_type_and_as_many_bytes_as_the_handle_has_behind_the_entry()
    {
        string expected = EntryHex + "08000000" + "81000000" + "0102030405060708";
        byte[] room = new byte[512];
        Assert.True(Dialect.V2.TryWriteEntry(room, Entry, 0x81, Handle8, out int written));
        Assert.Equal(expected, Convert.ToHexString(room[..written]));
        WireError fault = Dialect.V2.ReadEntry(room.AsSpan(0, written), 0, out WireEntry entry);
        Assert.False(fault.IsError, fault.ToString());
        Assert.Equal(
            (0x11UL, 0x81u, true), (entry.Entry.nodeid, entry.Handle.Type, !entry.Handle.IsNone));
        Assert.Equal(Handle8, entry.Handle.Bytes.ToArray());
    }

    [Fact]
    public void A_v3_lookup_is_answered_by_a_compound_of_entry2_with_opaque_handle_and_statx()
    {
        string expected =
            // fuse_out_header: 16 + 16 + (16 + 40 + 2 + 4 + 8) + (16 + 288) = 406; unique 9
            "96010000" + "00000000" + "0900000000000000"
            // fuse_compound_out
            + "00000000000000000000000000000000"
            // part 1: 70 bytes; fuse_entry2_out, then u16 12: type 0x81 folded in front
            + "46000000" + "00000000" + "0900000000000000"
            + "1100000000000000" + "2200000000000000" + "0500000000000000" + "00000000" + "00000000"
            + "0000000000000000" + "0C00" + "81000000" + "0102030405060708"
            // part 2: 304 bytes; attr_valid 6, nsec, flags, spare, then mask 0x7FF
            + "30010000" + "00000000" + "0900000000000000"
            + "0600000000000000" + "00000000" + "00000000" + "00000000000000000000000000000000"
            + "FF070000";
        byte[] room = new byte[1024];
        Assert.True(Dialect.V3.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 9, Entry, 0x81, Handle8, [], out int written));
        Assert.Equal(406, written);
        Assert.Equal(written, Dialect.V3.ReplyBytes(FuseOpcode.FUSE_LOOKUP, 8));
        Assert.Equal(expected, Convert.ToHexString(room[..written])[..expected.Length]);
        Assert.True(FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _));
        WireError fault = Dialect.V3.ReadEntryReply(
            FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out int errno);
        Assert.False(fault.IsError, fault.ToString());
        Assert.Equal(0, errno);
        Assert.Equal(Struct(Entry), Struct(entry.Entry));
        Assert.Equal(Handle8, entry.Handle.Bytes.ToArray());
    }

    /// <summary>Section 3, item 5.</summary>
    [Fact]
    public void V3_believes_attributes_as_long_as_they_say_and_with_the_defect_as_the_entry_says()
    {
        Assert.True(DialectList.TryCreate(
            "v3", new() { Defects = [DialectDefect.V3EntryValidForAttributes] },
            out Dialect? bad, out _));
        byte[] room = new byte[1024];
        Assert.True(Dialect.V3.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 9, Entry, 0x81, Handle8, [], out int written));
        Assert.True(FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _));
        foreach ((Dialect dialect, ulong seconds) in new[] { (Dialect.V3, 6UL), (bad, 5UL) })
        {
            Assert.False(dialect.ReadEntryReply(
                FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out _).IsError);
            Assert.Equal(seconds, entry.Entry.attr_valid);
        }
    }

    [Fact]
    public void Fusex_returns_32_bytes_without_generation_and_attributes_and_an_opaque_handle()
    {
        string expected =
            "1100000000000000" + "0500000000000000" + "00000000" + "00000000" + "0000000000000000"
            + "0C00" + "81000000" + "0102030405060708";
        byte[] room = new byte[512];
        Assert.True(Dialect.Fusex.TryWriteEntry(room, Entry, 0x81, Handle8, out int written));
        Assert.Equal(expected, Convert.ToHexString(room[..written]));
        Assert.False(Dialect.Fusex.ReadEntry(room.AsSpan(0, written), 0, out WireEntry e).IsError);
        Assert.Equal((0x11UL, 0UL, 0u), (e.Entry.nodeid, e.Entry.generation, e.Entry.attr.mode));
        Assert.Equal(Handle8, e.Handle.Bytes.ToArray());
    }

    [Fact]
    public void A_negative_entry_of_fusex_has_its_mark_and_no_nodeid_or_is_refused()
    {
        byte[] room = new byte[64];
        Assert.True(Dialect.Fusex.TryWriteEntry(room, default, 0, [], out int written));
        Assert.Equal((34, 1), (written, room[20]));
        room[20] = 0;
        Assert.Equal(
            new WireError(WireFault.BadValue, 0, 1, 0),
            Dialect.Fusex.ReadEntry(room.AsSpan(0, 34), 0, out _));
        (room[20], room[0]) = (1, 5);
        Assert.Equal(
            new WireError(WireFault.BadValue, 0, 0, 5),
            Dialect.Fusex.ReadEntry(room.AsSpan(0, 34), 0, out _));
    }

    /// <summary>dialect, entry of no handle, of 8, of 128 (124) bytes, reserved.</summary>
    [Theory]
    [InlineData("classic", 128, 128, 128)]
    [InlineData("thread", 264, 264, 264)]
    [InlineData("v2", 136, 144, 264)]
    [InlineData("v3", 128, 128, 128)]
    [InlineData("fusex", 34, 46, 162)]
    public void An_entry_takes_what_its_dialect_says(string name, int none, int eight, int reserved)
    {
        Dialect dialect = Named(name);
        Assert.Equal(
            (none, eight, reserved),
            (dialect.EntryBytes(0), dialect.EntryBytes(8), dialect.ReservedEntryBytes));
    }

    /// <summary>Whole reply to LOOKUP: 16 + entry; v3: 16 + 16 + (16+40+2) + (16+288).</summary>
    [Theory]
    [InlineData("classic", 144, 144)]
    [InlineData("thread", 280, 280)]
    [InlineData("v2", 152, 160)]
    [InlineData("v3", 394, 406)]
    [InlineData("fusex", 50, 62)]
    public void A_reply_to_lookup_takes_what_its_dialect_says(string name, int none, int eight) =>
        Assert.Equal(
            (none, eight),
            (Named(name).ReplyBytes(FuseOpcode.FUSE_LOOKUP, 0),
                Named(name).ReplyBytes(FuseOpcode.FUSE_LOOKUP, 8)));

    public static TheoryData<string, string, int, int, int, bool> Lengths() => new()
    {
        // dialect, what, size field, body bytes, trailing bytes, is accepted
        { "v2", "whole entry", 8, 144, 0, true },
        { "v2", "classic entry, which is short", 0, 128, 0, true },
        { "v2", "handle of no bytes", 0, 136, 0, true },
        { "v2", "half a head", 0, 132, 0, false },
        { "v2", "one byte short", 8, 143, 0, false },
        { "v2", "one byte long", 8, 145, 0, false },
        { "v2", "size that says more than there is", 9, 144, 0, false },
        { "v2", "size that says less than there is", 7, 144, 0, false },
        { "v2", "whole entry and open_out", 8, 160, 16, true },
        { "v2", "classic entry and open_out", 0, 144, 16, true },
        { "v2", "open_out missing", 12, 148, 16, false },
        { "v2", "longest handle", 128, 264, 0, true },
        { "v2", "one byte above the longest", 129, 265, 0, false },
        { "v2", "size of 2^32 - 1", -1, 264, 0, false },
        { "v2", "nothing", 0, 0, 0, false },
        { "fusex", "whole entry", 12, 46, 0, true },
        { "fusex", "no handle", 0, 34, 0, true },
        { "fusex", "no size field", 0, 32, 0, false },
        { "fusex", "one byte short", 12, 45, 0, false },
        { "fusex", "one byte long", 12, 47, 0, false },
        { "fusex", "size that lies", 13, 46, 0, false },
        { "fusex", "a type and no bytes", 4, 38, 0, false },
        { "fusex", "longest opaque handle", 128, 162, 0, true },
        { "fusex", "one byte above the longest", 129, 163, 0, false },
        { "fusex", "nothing", 0, 0, 0, false },
    };

    [Theory]
    [MemberData(nameof(Lengths))]
    public void An_entry_is_whole_or_refused(
        string name, string what, int size, int bodyBytes, int trailingBytes, bool isAccepted)
    {
        byte[] body = new byte[bodyBytes];
        int at = name == "v2" ? 128 : 32;
        int width = name == "v2" ? 4 : 2;
        if (bodyBytes > 0)
            body[0] = 7;
        if (bodyBytes >= at + width)
            BitConverter.GetBytes(size).AsSpan(0, width).CopyTo(body.AsSpan(at));
        WireError error = Named(name).ReadEntry(body, trailingBytes, out _);
        Assert.True(isAccepted != error.IsError, $"{what}: {error}");
    }

    [Theory]
    [InlineData("thread", 128)]
    [InlineData("v2", 128)]
    [InlineData("v3", 124)]
    [InlineData("fusex", 124)]
    public void A_handle_of_the_dialects_longest_is_written_and_a_longer_one_never_cut(
        string name, int longest)
    {
        Dialect dialect = Named(name);
        byte[] room = new byte[1024];
        Assert.Equal(longest, dialect.MaxHandleBytes);
        foreach ((int length, bool fits) in new[] { (longest, true), (longest + 1, false) })
        {
            Assert.Equal(fits, dialect.TryWriteEntryReply(
                room, FuseOpcode.FUSE_LOOKUP, 1, Entry, 1, new byte[length], [], out _));
        }
    }

    [Theory]
    [InlineData("thread")]
    [InlineData("v2")]
    [InlineData("v3")]
    [InlineData("fusex")]
    public void All_32_bits_of_the_type_arrive(string name)
    {
        Dialect dialect = Named(name);
        byte[] room = new byte[1024];
        Assert.True(dialect.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 1, Entry, 0x3009_1234, Handle8, [], out int written));
        Assert.True(FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _));
        Assert.False(dialect.ReadEntryReply(
            FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out _).IsError);
        Assert.Equal(0x3009_1234u, entry.Handle.Type);
    }

    [Theory]
    [InlineData("v2", 8)]
    [InlineData("fusex", 8)]
    [InlineData("v3", 0)]
    public void Records_of_a_dialect_come_back_and_v3_has_no_handles_in_them(
        string name, int handleBytes)
    {
        Dialect dialect = Named(name);
        byte[] room = new byte[4096];
        DirentWriter writer = new(room);
        for (ulong i = 1; i <= 3; i++)
        {
            fuse_entry_out entry = Entry with { nodeid = i };
            Assert.True(writer.TryAddPlus(
                dialect, entry, 0x81, Handle8, new fuse_dirent { ino = i, off = i }, "name"u8));
        }

        DirentReader reader = new(room.AsSpan(0, writer.WrittenBytes), dialect);
        for (ulong i = 1; i <= 3; i++)
        {
            Assert.True(reader.MoveNext(), reader.Error.ToString());
            Assert.Equal((i, i), (reader.Entry.Entry.nodeid, reader.Dirent.ino));
            Assert.Equal(handleBytes, reader.Entry.Handle.Bytes.Length);
        }

        Assert.False(reader.MoveNext());
    }

    private static Dialect Named(string name)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out string? error), error);
        return dialect;
    }
}
