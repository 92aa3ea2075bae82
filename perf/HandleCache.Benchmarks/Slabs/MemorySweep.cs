using BenchmarkDotNet.Attributes;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Benchmarks.Slabs;

/// <summary>
/// Bytes per inode for one inline length on Linux 6.18: by the closed form that <c>sweep</c> uses,
/// and by putting 10,000 inodes into simulated slabs.
/// </summary>
public class MemorySweep
{
    private const int InlineLengths = 33;
    private const int Simulated = 10_000;

    private readonly KernelProfile _kernel = Profiles.Kernel("6.18");

    private readonly HandleMix _mix = new()
    {
        Name = "half",
        How = "derived",
        Origin = "half inline, half spilled at 12 bytes",
        Lengths = [new(1, 8, 0.5), new(0x4d, 20, 0.5)],
    };

    [Benchmark(Baseline = true, OperationsPerInvoke = InlineLengths)]
    public double Simulation()
    {
        double sum = 0;
        for (int n = 0; n < InlineLengths; n++)
            sum += InodePopulation.Of(ModelOf(4 * n), _mix, Simulated).BytesPerInode;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = InlineLengths)]
    public double HandleCache()
    {
        double sum = 0;
        for (int n = 0; n < InlineLengths; n++)
        {
            InodeCostModel model = ModelOf(4 * n);
            sum += _mix.Mean(bytes => model.CostOf(bytes).TotalBytes);
        }

        return sum;
    }

    private InodeCostModel ModelOf(int inlineBytes) =>
        new(_kernel, new HandleDesign(HandleStrategy.Inline(inlineBytes)));
}
