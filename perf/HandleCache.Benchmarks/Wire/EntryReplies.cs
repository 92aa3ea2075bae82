using BenchmarkDotNet.Attributes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Benchmarks.Wire;

/// <summary>An entry with a handle of 8 bytes, written and read again, per dialect.</summary>
public class EntryReplies
{
    private const int Times = 256;

    private readonly byte[] _buffer = new byte[512];
    private readonly byte[] _handle = Population.NewHandle(7, Population.HandleBytes);
    private readonly fuse_entry_out _entry = Messages.Entry(7);

    [Benchmark(Baseline = true, OperationsPerInvoke = Times)]
    public ulong Classic() => WriteAndRead(Dialect.Classic);

    [Benchmark(OperationsPerInvoke = Times)]
    public ulong Thread() => WriteAndRead(Dialect.Thread);

    [Benchmark(OperationsPerInvoke = Times)]
    public ulong V2() => WriteAndRead(Dialect.V2);

    [Benchmark(OperationsPerInvoke = Times)]
    public ulong V3() => WriteAndRead(Dialect.V3);

    private ulong WriteAndRead(Dialect dialect)
    {
        ulong sum = 0;
        for (int i = 0; i < Times; i++)
        {
            if (!dialect.TryWriteEntry(_buffer, _entry, 1, _handle, out int bytes)
                || dialect.ReadEntry(_buffer.AsSpan(0, bytes), 0, out WireEntry entry).IsError)
            {
                throw new InvalidOperationException($"{dialect.Name} refuses its own entry");
            }

            sum += entry.Entry.nodeid + (ulong)entry.Handle.Bytes.Length;
        }

        return sum;
    }
}
