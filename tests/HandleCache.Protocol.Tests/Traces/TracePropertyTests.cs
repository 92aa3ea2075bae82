using FsCheck;
using FsCheck.Fluent;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Protocol.Tests.Traces;

/// <summary>What is written is read, however it is cut into blocks and reads.</summary>
public class TracePropertyTests
{
    private static readonly ulong[] Edges =
        [0, 1, 0xFF, 0x100, 0xFFFF_FFFF, 0x1_0000_0000, ulong.MaxValue >> 8, ulong.MaxValue];

    [Fact]
    public void Every_record_is_read_as_it_was_written()
    {
        Gen<int[]> steps = Gen.Choose(0, int.MaxValue - 1).ArrayOf(60);
        SeededProperty.Check(
            Prop.ForAll(Arb.From(steps), numbers =>
            {
                int payload = TraceFormat.MaxRecordBytes + (numbers[0] % 300);
                List<TraceBytes.Seen> written = [];
                byte[] trace = TraceBytes.Of(
                    writer => Array.ForEach(numbers, n => written.Add(Write(writer, n))), payload);
                (List<TraceBytes.Seen> read, TraceError error) =
                    TraceBytes.Walk(trace, 1 + (numbers[1] % 500));
                return (read.SequenceEqual(written) && !error.IsError).Label($"{error}");
            }),
            tests: 300);
    }

    [Fact]
    public void The_writer_never_exceeds_the_block_it_was_told()
    {
        byte[] trace = TraceBytes.Of(
            writer =>
            {
                for (int i = 0; i < 1000; i++)
                    Write(writer, i * 7919);
            },
            TraceFormat.MaxRecordBytes);
        int blocks = 0;
        int at = TraceFormat.HeaderBytes;
        while (at < trace.Length)
        {
            int length = BitConverter.ToInt32(trace, at + 4);
            Assert.InRange(length, 0, TraceFormat.MaxRecordBytes);
            at += TraceFormat.BlockHeadBytes + length + TraceFormat.BlockTailBytes;
            blocks++;
        }

        Assert.True(blocks > 50, $"{blocks} blocks");
    }

    /// <summary>Writes the record that a number stands for.</summary>
    private static TraceBytes.Seen Write(TraceWriter writer, int number)
    {
        ulong nodeId = Edges[number % 8] + (ulong)(number % 3);
        ulong value = Edges[number / 8 % 8];
        bool flag = number / 64 % 2 == 0;
        bool other = number / 128 % 2 == 0;
        uint nibble = (flag ? 1u : 0) | (other ? 2u : 0);
        byte[] handle = new byte[number / 256 % 130];
        handle = handle.Length == 129 ? [] : handle;
        Array.Fill(handle, (byte)number);
        uint type = handle.Length == 0 ? 0 : (uint)number | 0x8000_0000;
        string hex = Convert.ToHexString(handle);
        FuseOpcode opcode = (FuseOpcode)(number % 54);
        bool has = handle.Length > 0;
        switch (number % 7)
        {
            case 0:
                writer.Mount(nodeId, flag, handle);
                return new(TraceRecordKind.Mount, nodeId, 0, nibble & 1, 0, has, 0, hex);
            case 1:
                writer.Request(opcode, nodeId, value, flag);
                return new(
                    TraceRecordKind.Request, nodeId, value, nibble & 1, (uint)opcode, false, 0, "");
            case 2:
                writer.Entry(opcode, nodeId, value, (uint)number & 0xFFFF, type, handle);
                return new(
                    TraceRecordKind.Entry, nodeId, value, (uint)number >> 12 & 0xF, (uint)opcode,
                    has, type, hex);
            case 3:
                writer.Forget(nodeId, value, flag, other);
                return new(TraceRecordKind.Forget, nodeId, value, nibble, 0, false, 0, "");
            case 4:
                writer.TakeBack(nodeId);
                return new(TraceRecordKind.TakeBack, nodeId, 0, 0, 0, false, 0, "");
            case 5:
                writer.Figure(TraceFigure.Lookups, value);
                return new(TraceRecordKind.Figure, 0, value, 0, 3, false, 0, "");
            default:
                writer.End();
                return new(TraceRecordKind.End, 0, 0, 0, 0, false, 0, "");
        }
    }
}
