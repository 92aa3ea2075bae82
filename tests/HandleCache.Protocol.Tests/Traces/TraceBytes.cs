using System.Buffers.Binary;
using HandleCache.Protocol.Traces;

namespace HandleCache.Protocol.Tests.Traces;

/// <summary>Traces in memory, whole and damaged.</summary>
internal sealed class TraceBytes : ITraceSink
{
    private readonly List<byte> _bytes = [];

    public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);

    public byte[] ToArray() => [.. _bytes];

    /// <summary>A trace of what the action writes, in blocks of this payload.</summary>
    public static byte[] Of(
        Action<TraceWriter> write, int payloadBytes = TraceWriter.DefaultPayloadBytes)
    {
        TraceBytes sink = new();
        TraceWriter writer = new(sink, payloadBytes);
        write(writer);
        writer.Complete();
        return sink.ToArray();
    }

    /// <summary>
    /// A trace of one block with this payload, its checksum right: what a wrong writer makes.
    /// </summary>
    public static byte[] OfPayload(byte[] payload, int records)
    {
        TraceBytes sink = new();
        TraceWriter empty = new(sink);
        byte[] header = sink.ToArray();
        sink._bytes.Clear();
        empty.Complete();
        byte[] end = sink.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(end.AsSpan(8), (ulong)records);
        Seal(end);

        byte[] block = new byte[24 + payload.Length + 8];
        "HCTB"u8.CopyTo(block);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), payload.Length);
        BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(16), records);
        payload.CopyTo(block.AsSpan(24));
        Seal(block);
        return [.. header, .. block, .. end];
    }

    /// <summary>Puts the right checksum into the last four bytes.</summary>
    public static void Seal(Span<byte> block) =>
        BinaryPrimitives.WriteUInt32LittleEndian(block[^4..], Crc32C.Of(block[..^4]));

    /// <summary>Walks the trace, given <paramref name="step"/> bytes more at a time.</summary>
    public static (List<Seen> Records, TraceError Error) Walk(byte[] trace, int step = int.MaxValue)
    {
        TraceWalk walk = new();
        List<Seen> records = [];
        long shown = Math.Min(step, trace.Length);
        while (true)
        {
            ReadOnlySpan<byte> bytes = trace.AsSpan((int)walk.Offset, (int)(shown - walk.Offset));
            bool isAll = shown == trace.Length;
            switch (walk.Next(bytes, isAll, out TraceBlock block))
            {
                case TraceStep.NeedsMore:
                    Xunit.Assert.False(isAll, "all bytes were shown, and more are wanted");
                    shown = Math.Min(trace.Length, shown + Math.Max(1, step));
                    break;
                case TraceStep.Block:
                    if (Read(block, records) is { IsError: true } malformed)
                        return (records, malformed);
                    break;
                case TraceStep.Refused:
                    return (records, walk.Error);
                case TraceStep.End:
                    Xunit.Assert.Equal(records.Count, walk.Records);
                    return (records, TraceError.None);
            }
        }
    }

    private static TraceError Read(TraceBlock block, List<Seen> records)
    {
        TraceRecordReader reader = block.Reader;
        int before = records.Count;
        while (reader.TryNext(out TraceRecord record))
        {
            uint type = record.Handle(block.Payload, out ReadOnlySpan<byte> handle);
            records.Add(new Seen(
                record.Kind, record.NodeId, record.Value, record.Nibble, (uint)record.Opcode,
                record.HasHandle, type, Convert.ToHexString(handle)));
        }

        if (!reader.Error.IsError)
            Xunit.Assert.Equal(block.Records, records.Count - before);
        return reader.Error;
    }

    /// <summary>All of a record.</summary>
    internal sealed record Seen(
        TraceRecordKind Kind, ulong NodeId, ulong Value, uint Nibble, uint Opcode,
        bool HasHandle, uint HandleType, string Handle);
}
