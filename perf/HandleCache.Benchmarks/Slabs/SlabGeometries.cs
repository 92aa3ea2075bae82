using BenchmarkDotNet.Attributes;
using HandleCache.Model.Slab;

namespace HandleCache.Benchmarks.Slabs;

/// <summary>
/// SLUB geometry of objects of 8 to 8192 bytes: alone, and with all an object costs.
/// </summary>
public class SlabGeometries
{
    private const int Sizes = 1024;

    private readonly KernelProfile _kernel = Profiles.Kernel("6.18");

    [Benchmark(Baseline = true, OperationsPerInvoke = Sizes)]
    public long Geometry()
    {
        long sum = 0;
        for (int i = 1; i <= Sizes; i++)
            sum += SlabGeometry.Of(_kernel, KernelProfile.FuseInodeCache(8 * i)).ObjectsPerSlab;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Sizes)]
    public double Cost()
    {
        double sum = 0;
        for (int i = 1; i <= Sizes; i++)
            sum += ObjectCost.Of(_kernel, KernelProfile.FuseInodeCache(8 * i)).TotalBytes;
        return sum;
    }
}
