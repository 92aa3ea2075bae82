using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Handles;

/// <summary>Replaces the handle.</summary>
public class SlotStore : SlotBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Slots)]
    public void ByteArray()
    {
        for (int i = 0; i < Slots; i++)
            Arrays[i] = Sources[i].AsSpan().ToArray();
    }

    [Benchmark(OperationsPerInvoke = Slots)]
    public void HandleCache()
    {
        for (int i = 0; i < Slots; i++)
            Table.SetHandle(Indexes[i], HandleOf(i));
    }
}
