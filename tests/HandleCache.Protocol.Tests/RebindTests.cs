using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests;

public class RebindTests
{
    private static readonly byte[] Handle = [0xA1, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7, 0xA8, 0xA9];

    [Fact]
    public void A_handle_travels_behind_the_body_and_leaves_the_body_as_it_was()
    {
        byte[] plain = Request(FuseOpcode.FUSE_LOOKUP, 7, Name("x"));
        byte[] buffer = [.. plain, .. new byte[64]];
        RebindWriter writer = new(buffer, plain.Length);
        Assert.True(writer.TryAddNode(7, 0x30081, Handle));

        // 8 of header, 8 nodeid, 4 type, 4 length, 9 bytes, padded from 33 to 40.
        Assert.Equal(plain.Length + 40, writer.Length);
        Assert.Equal(
            "2800000021000000" + "0700000000000000" + "81000300" + "09000000"
            + "A1A2A3A4A5A6A7A8A9" + "00000000000000",
            Convert.ToHexString(buffer.AsSpan(plain.Length, 40)));
        Assert.True(FuseRequest.TryParse(
            buffer.AsSpan(0, writer.Length), out FuseRequest request, out _));
        Assert.False(request.CheckShape().IsError);
        Assert.Equal(5, request.Header.total_extlen);
        Assert.True(request.Body.SequenceEqual("x\0"u8));
        RebindReader reader = new(request.Extensions);
        Assert.True(reader.MoveNext());
        Assert.False(reader.IsFile);
        Assert.Equal((7UL, 0x30081u), (reader.Node.NodeId, reader.Node.Handle.Type));
        Assert.True(reader.Node.Handle.Bytes.SequenceEqual(Handle));
        Assert.False(reader.MoveNext());
        Assert.False(reader.Error.IsError);
    }

    [Fact]
    public void Nodes_files_and_the_kernels_own_records_go_together()
    {
        byte[] plain = Request(FuseOpcode.FUSE_READ, 9, new byte[40]);
        byte[] buffer = [.. plain, .. new byte[200]];
        RebindWriter writer = new(buffer, plain.Length);
        Assert.True(writer.TryAddNode(9, 1, Handle));
        Assert.True(writer.TryAddFile(new BoundFile(5, 9, 2, 0)));
        Assert.True(FuseRequest.TryParse(
            buffer.AsSpan(0, writer.Length), out FuseRequest request, out _));

        // fuse_supp_groups {1, 100} as the kernel writes it, before ours.
        byte[] groups = Convert.FromHexString("1000000020000000" + "0100000064000000");
        RebindReader reader = new([.. groups, .. request.Extensions]);
        Assert.True(reader.MoveNext());
        Assert.Equal(9UL, reader.Node.NodeId);
        Assert.True(reader.MoveNext());
        Assert.True(reader.IsFile);
        Assert.Equal(new BoundFile(5, 9, 2, 0), reader.File);
        Assert.False(reader.MoveNext());
    }

    [Fact]
    public void A_record_without_room_is_refused_and_changes_nothing()
    {
        byte[] plain = Request(FuseOpcode.FUSE_LOOKUP, 7, Name("x"));
        byte[] buffer = [.. plain, .. new byte[39]];
        RebindWriter writer = new(buffer, plain.Length);
        Assert.False(writer.TryAddNode(7, 1, Handle));
        Assert.Equal(plain.Length, writer.Length);
        Assert.Equal(plain, buffer[..plain.Length]);
    }

    public static TheoryData<string, string, WireFault> Malformed() => new()
    {
        { "half a header", "28000000", WireFault.Truncated },
        { "longer than there is", "2800000021000000" + "0700000000000000", WireFault.LengthLies },
        { "shorter than its header", "0700000021000000", WireFault.LengthLies },
        { "a node without its length", "1000000021000000" + "0700000000000000",
            WireFault.Truncated },
        { "a handle of 129 bytes",
            "1800000021000000" + "0700000000000000" + "01000000" + "81000000",
            WireFault.BadValue },
        { "a handle longer than its record",
            "1800000021000000" + "0700000000000000" + "01000000" + "01000000",
            WireFault.LengthLies },
        { "a file cut short", "1000000022000000" + "0700000000000000", WireFault.Truncated },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_record_ends_the_walk_with_its_fault(
        string what, string hex, WireFault fault)
    {
        RebindReader reader = new(Convert.FromHexString(hex));
        Assert.False(reader.MoveNext(), what);
        Assert.Equal(fault, reader.Error.Fault);
    }

    [Fact]
    public void Lookup_handle_is_opcode_54_in_the_thread_dialect_and_absent_in_classic()
    {
        Assert.Equal(54u, (uint)Dialect.Thread.LookupHandleOpcode);
        Assert.Equal(0u, (uint)Dialect.Classic.LookupHandleOpcode);
    }

    [Fact]
    public void Every_operation_names_the_nodeids_and_files_of_its_struct()
    {
        static RequestReferences Of(FuseOpcode opcode, byte[] body)
        {
            Assert.True(FuseRequest.TryParse(
                Request(opcode, 3, body), out FuseRequest request, out _));
            return RequestReferences.Of(request);
        }

        Assert.Equal(new(3, 8, 0, 0, false),
            Of(FuseOpcode.FUSE_RENAME2, Struct(new fuse_rename2_in { newdir = 8 })));
        Assert.Equal(new(3, 8, 0, 0, false),
            Of(FuseOpcode.FUSE_LINK, Struct(new fuse_link_in { oldnodeid = 8 })));
        Assert.Equal(new(3, 0, 6, 0, true),
            Of(FuseOpcode.FUSE_READ, Struct(new fuse_read_in { fh = 6 })));
        Assert.Equal(new(3, 0, 0, 0, false),
            Of(FuseOpcode.FUSE_GETATTR, Struct(new fuse_getattr_in { fh = 6 })));
        Assert.Equal(new(3, 0, 6, 0, true),
            Of(FuseOpcode.FUSE_GETATTR,
                Struct(new fuse_getattr_in { getattr_flags = 1, fh = 6 })));
        Assert.Equal(new(3, 0, 6, 0, true),
            Of(FuseOpcode.FUSE_SETATTR, Struct(new fuse_setattr_in { valid = 0x40, fh = 6 })));
        Assert.Equal(new(3, 9, 6, 7, true),
            Of(FuseOpcode.FUSE_COPY_FILE_RANGE,
                Struct(new fuse_copy_file_range_in { fh_in = 6, nodeid_out = 9, fh_out = 7 })));
        Assert.Equal(new(3, 0, 0, 0, false), Of(FuseOpcode.FUSE_MKDIR, new byte[8]));
    }
}
