using System.Buffers.Binary;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using Xunit;

namespace HandleCache.Protocol.Tests.Traces;

/// <summary>What is not a whole trace is refused, and where it is not is said.</summary>
public class DamagedTraceTests
{
    private static readonly byte[] Whole = TraceBytes.Of(
        writer =>
        {
            writer.Mount(1, false, "small"u8);
            for (uint i = 2; i < 12; i++)
                writer.Entry(FuseOpcode.FUSE_LOOKUP, i, 7, 0x8000, 0x81, [1, 2, 3, (byte)i]);
            writer.Request(FuseOpcode.FUSE_GETATTR, 3, 0, false);
            writer.Forget(3, 1, batch: false, firstOfMessage: true);
            writer.Figure(TraceFigure.Inodes, 10);
            writer.End();
        },
        TraceFormat.MaxRecordBytes);

    [Fact]
    public void The_whole_trace_is_read_and_has_several_blocks()
    {
        (List<TraceBytes.Seen> records, TraceError error) = TraceBytes.Walk(Whole);
        Assert.Equal(TraceError.None, error);
        Assert.Equal(15, records.Count);
        Assert.True(Block(1) > Block(0) && Whole[Block(1)] == 'H' && Whole[Block(1) + 3] == 'B');
    }

    [Fact]
    public void Every_truncation_is_refused_where_the_file_ends()
    {
        for (int length = 0; length < Whole.Length; length++)
        {
            TraceError error = TraceBytes.Walk(Whole[..length]).Error;
            Assert.True(
                error.Fault == TraceFault.Truncated && error.Offset == length,
                $"{length} bytes: {error.Fault} {error}");
        }
    }

    [Fact]
    public void Every_flipped_bit_is_refused_in_the_piece_it_lies_in()
    {
        for (int bit = 0; bit < Whole.Length * 8; bit++)
        {
            byte[] damaged = [.. Whole];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            TraceError error = TraceBytes.Walk(damaged).Error;
            (int start, int end) = PieceOf(bit / 8);
            bool saysWhere = error.Offset >= start && error.Offset <= Whole.Length
                && (error.Offset < end || error.Fault == TraceFault.Truncated);
            Assert.True(error.IsError && saysWhere, $"bit {bit}: {error.Fault} {error}");
        }
    }

    [Fact]
    public void A_missing_a_doubled_and_a_moved_block_are_out_of_order()
    {
        byte[] missing = [.. Whole[..Block(0)], .. Whole[Block(1)..]];
        byte[] doubled = [.. Whole[..Block(1)], .. Whole[Block(0)..]];
        byte[] moved =
        [
            .. Whole[..Block(0)], .. Whole[Block(1)..Block(2)], .. Whole[Block(0)..Block(1)],
            .. Whole[Block(2)..],
        ];
        AssertRefused(missing, TraceFault.OutOfOrder, Block(0) + 8);
        AssertRefused(doubled, TraceFault.OutOfOrder, Block(1) + 8);
        AssertRefused(moved, TraceFault.OutOfOrder, Block(0) + 8);
    }

    [Fact]
    public void Bytes_behind_the_end_are_refused_there()
    {
        AssertRefused([.. Whole, 0], TraceFault.Trailing, Whole.Length);
        AssertRefused([.. Whole, .. Whole], TraceFault.Trailing, Whole.Length);
    }

    [Theory]
    [InlineData("a text file that is longer than a header is long, and no trace")]
    [InlineData("HCTB")]
    [InlineData("\u007fELF")]
    public void A_foreign_file_is_refused_at_its_first_byte(string text) =>
        AssertRefused([.. text.Select(c => (byte)c)], TraceFault.Foreign, 0);

    [Fact]
    public void A_trace_whose_line_ends_were_converted_is_foreign() =>
        AssertRefused(
            [.. Whole.Where((b, i) => b != 13 || i > 32)], TraceFault.Foreign, 0);

    [Fact]
    public void A_later_version_is_refused_by_its_number()
    {
        byte[] later = [.. Whole];
        later[8] = 2;
        TraceBytes.Seal(later.AsSpan(0, 32));
        TraceError error = AssertRefused(later, TraceFault.UnknownVersion, 8);
        Assert.Contains("version 2", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_block_longer_than_the_format_allows_is_refused_before_it_is_read()
    {
        byte[] large = [.. Whole];
        BinaryPrimitives.WriteInt32LittleEndian(large.AsSpan(Block(0) + 4), (1 << 20) + 1);
        AssertRefused(large, TraceFault.Corrupt, Block(0) + 4);
    }

    [Theory]
    [InlineData("00000000", 0)] // no kind
    [InlineData("08000000", 0)] // a kind that is not known
    [InlineData("0f000000", 0)]
    [InlineData("93000000" + "000000000000000000", 0)] // a nodeid of 9 bytes
    [InlineData("03090000" + "000000000000000000", 0)] // a value of 9 bytes
    [InlineData("03f0ff83" + "00000000", 0)] // a handle of 130 bytes
    [InlineData("07000000" + "07100000", 4)] // an end with a flag
    [InlineData("17000000" + "01", 0)] // an end with a nodeid
    [InlineData("01200000", 0)] // a mount with a flag it does not have
    [InlineData("02200000", 0)] // a request too
    [InlineData("02000001" + "00000000", 0)] // a request with a handle
    [InlineData("04400000", 0)] // a forget with a flag it does not have
    [InlineData("04000100", 0)] // a forget with an opcode
    [InlineData("05000100", 0)] // a take back with an opcode
    [InlineData("06100100", 0)] // a figure with a flag
    [InlineData("07000000" + "130000", 4)] // half a head
    [InlineData("07000000" + "23000000" + "01", 4)] // a nodeid that is cut off
    [InlineData("07000000" + "03000005" + "01000000" + "aabbcc", 4)] // a handle too
    public void A_malformed_record_is_refused_although_its_checksum_holds(string payload, int at)
    {
        byte[] trace = TraceBytes.OfPayload(Convert.FromHexString(payload), records: 1);
        AssertRefused(trace, TraceFault.Malformed, 56 + at);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_block_with_more_records_than_fit_or_with_none_is_refused(int records)
    {
        byte[] payload = Convert.FromHexString("0700000007000000");
        AssertRefused(TraceBytes.OfPayload(payload, records), TraceFault.Corrupt, 32 + 16);
    }

    private static TraceError AssertRefused(byte[] trace, TraceFault fault, long offset)
    {
        TraceError error = TraceBytes.Walk(trace).Error;
        Assert.True(
            error.Fault == fault && error.Offset == offset,
            $"{error.Fault} {error}; expected {fault} at {offset}");
        return error;
    }

    /// <summary>Where a block begins.</summary>
    private static int Block(int number)
    {
        int at = TraceFormat.HeaderBytes;
        for (; number > 0; number--)
            at += BlockBytes(at);
        return at;
    }

    private static int BlockBytes(int at) => TraceFormat.BlockHeadBytes
        + BitConverter.ToInt32(Whole, at + 4) + TraceFormat.BlockTailBytes;

    /// <summary>The header or the block that a byte lies in.</summary>
    private static (int Start, int End) PieceOf(int at)
    {
        int start = 0;
        int end = TraceFormat.HeaderBytes;
        while (at >= end)
            (start, end) = (end, end + BlockBytes(end));
        return (start, end);
    }
}
