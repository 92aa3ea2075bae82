using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Handles;

/// <summary>Reads the handle's last byte.</summary>
public class SlotRead : SlotBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Slots)]
    public int ByteArray()
    {
        int sum = 0;
        foreach (byte[] handle in Arrays)
            sum += handle[^1];
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Slots)]
    public int HandleCache()
    {
        int sum = 0;
        for (int i = 0; i < Slots; i++)
            sum += Table.Handle(Indexes[i]).Bytes[^1];
        return sum;
    }
}
