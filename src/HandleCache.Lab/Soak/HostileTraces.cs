using System.Buffers.Binary;
using HandleCache.Lab.Mixes;
using HandleCache.Lab.Replay;
using HandleCache.Model.Handles;
using HandleCache.Model.Replay;
using HandleCache.Protocol.Traces;

namespace HandleCache.Lab.Soak;

/// <summary>Small traces of both formats, and how they are read.</summary>
internal static class HostileTraces
{
    private const int BlockPayloadBytes = 2048;
    private const int PayloadLengthAt = 4;

    private static readonly HandleStrategy Strategy = HandleStrategy.Parse("inline:12");

    /// <summary>Traces as <c>watch --record</c> writes them.</summary>
    public static IReadOnlyList<byte[]> Recorded() =>
        [.. ((int[])[4, 40]).Select(Recorded)];

    /// <summary>Whether a whole trace is replayed.</summary>
    public static bool Replays(byte[] bytes)
    {
        using ReplayRun run = new("hostile", Strategy, true, null, CancellationToken.None);
        try
        {
            for (int at = 0, used; !run.IsOver; at += used)
            {
                used = run.Feed(bytes.AsSpan(at), isAll: true);
                if (used == 0)
                    return run.IsOver;
            }

            return true;
        }
        catch (BadInputException)
        {
            return false;
        }
    }

    /// <summary>Makes checksums right, block by block, as far as the lengths lead.</summary>
    public static void Mend(byte[] trace)
    {
        if (trace.Length < TraceFormat.HeaderBytes)
            return;
        Check(trace.AsSpan(0, TraceFormat.HeaderBytes));
        int at = TraceFormat.HeaderBytes;
        while (trace.Length - at >= TraceFormat.BlockHeadBytes + TraceFormat.BlockTailBytes)
        {
            uint payload =
                BinaryPrimitives.ReadUInt32LittleEndian(trace.AsSpan(at + PayloadLengthAt));
            long all = TraceFormat.BlockHeadBytes + (long)payload + TraceFormat.BlockTailBytes;
            if (all > trace.Length - at)
                return;
            Check(trace.AsSpan(at, (int)all));
            at += (int)all;
        }
    }

    /// <summary>64 accesses in the format of libCacheSim, 24 bytes each.</summary>
    public static byte[] Oracle()
    {
        const int records = 64;
        byte[] trace = new byte[records * OracleGeneral.RecordBytes];
        for (int i = 0; i < records; i++)
        {
            Span<byte> record = trace.AsSpan(i * OracleGeneral.RecordBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)i);
            BinaryPrimitives.WriteUInt64LittleEndian(record[4..], (ulong)(i % 7));
            BinaryPrimitives.WriteUInt32LittleEndian(record[12..], 1u << (i % 32));
            BinaryPrimitives.WriteInt64LittleEndian(record[16..], -1);
        }

        return trace;
    }

    /// <summary>Whether every record of it can be one.</summary>
    public static bool ReadsOracle(byte[] bytes)
    {
        uint time = 0;
        LruTraffic traffic = new(new TraceWriter(new NoSink()), 1 << 8, default);
        int whole = bytes.Length - (bytes.Length % OracleGeneral.RecordBytes);
        return !OracleGeneral.Play(bytes.AsSpan(0, whole), 0, ref time, traffic).IsError
            && whole == bytes.Length;
    }

    private static byte[] Recorded(int bound)
    {
        MemorySink sink = new();
        TraceWriter writer = new(sink, BlockPayloadBytes);
        LruTraffic traffic = new(writer, bound, "generated"u8);
        new GeneratedTraffic(traffic, FileSystemMixes.Load("container-host"), bound, seed: 1)
            .Play(writer, records: 160);
        traffic.End();
        writer.Complete();
        return sink.Bytes;
    }

    private static void Check(Span<byte> covered) => BinaryPrimitives.WriteUInt32LittleEndian(
        covered[^sizeof(uint)..], Crc32C.Of(covered[..^sizeof(uint)]));

    private sealed class MemorySink : ITraceSink
    {
        private readonly List<byte> _bytes = [];

        public byte[] Bytes => [.. _bytes];

        public void Write(ReadOnlySpan<byte> bytes) => _bytes.AddRange(bytes);
    }

    private sealed class NoSink : ITraceSink
    {
        public void Write(ReadOnlySpan<byte> bytes) { }
    }
}
