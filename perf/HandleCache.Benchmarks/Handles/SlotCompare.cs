using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Handles;

/// <summary>Compares the handle with one that is the same.</summary>
public class SlotCompare : SlotBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Slots)]
    public int ByteArray()
    {
        int same = 0;
        for (int i = 0; i < Slots; i++)
            same += Arrays[i].AsSpan().SequenceEqual(Sources[i]) ? 1 : 0;
        return same;
    }

    [Benchmark(OperationsPerInvoke = Slots)]
    public int HandleCache()
    {
        int same = 0;
        for (int i = 0; i < Slots; i++)
            same += Table.Handle(Indexes[i]) == HandleOf(i) ? 1 : 0;
        return same;
    }
}
