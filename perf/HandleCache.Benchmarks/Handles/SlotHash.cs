using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Handles;

/// <summary>Hashes the handle.</summary>
public class SlotHash : SlotBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Slots)]
    public ulong ByteArray()
    {
        ulong sum = 0;
        foreach (byte[] handle in Arrays)
        {
            var hash = default(HashCode);
            hash.AddBytes(handle);
            sum += (uint)hash.ToHashCode();
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Slots)]
    public ulong HandleCache()
    {
        ulong sum = 0;
        for (int i = 0; i < Slots; i++)
            sum += Table.Handle(Indexes[i]).Hash64();
        return sum;
    }
}
