using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>
/// The memcg vector, its charge, and counts of slabs (SLUB.md sections 1, 3, 4).
/// </summary>
public sealed class MemcgVectorTests
{
    [Theory]
    [InlineData("6.1", VectorPlacement.Kmalloc, 192)]
    [InlineData("6.18", VectorPlacement.Kmalloc, 192)]
    [InlineData("6.19", VectorPlacement.Kmalloc, 192)]
    [InlineData("7.0", VectorPlacement.Leftover, 0)]
    [InlineData("7.3", VectorPlacement.Leftover, 0)]
    public void From_7_0_the_vector_of_fuse_inode_lies_in_the_leftover(
        string name, VectorPlacement placement, int kmallocClass)
    {
        MemcgVector vector = Kernels.Grown(name, 2, 0).Vector;
        Assert.Equal(placement, vector.Placement);
        Assert.Equal(kmallocClass, vector.KmallocClassBytes);
    }

    [Fact]
    public void A_mergeable_cache_keeps_no_vector_in_its_padding()
    {
        // kmalloc-cg-32 on 7.0: 128 objects, no leftover, so a kmalloc of 1 KiB.
        MemcgVector vector =
            Kmalloc.CostOf(Kernels.Load("7.0"), 24, KmallocType.Cgroup).Vector;
        Assert.Equal(VectorPlacement.Kmalloc, vector.Placement);
        Assert.Equal(1024, vector.KmallocClassBytes);
    }

    [Fact]
    public void Without_memory_cgroups_there_is_no_vector_and_no_charge()
    {
        KernelProfile kernel = Kernels.Load("6.18") with { Memcg = false };
        ObjectCost cost = ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(848));
        Assert.Equal(VectorPlacement.None, cost.Vector.Placement);
        Assert.Equal(0, cost.VectorBytes);
        Assert.Equal(0, cost.ChargeBytes(kernel));
    }

    [Fact]
    public void A_cgroup_is_charged_1144_bytes_for_inode_dentry_and_forget_link()
    {
        KernelProfile kernel = Kernels.Load("6.18");
        SlabObject dentry = new(192) { Account = true };
        int charge = ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(848)).ChargeBytes(kernel)
            + ObjectCost.Of(kernel, dentry).ChargeBytes(kernel)
            + Kmalloc.CostOf(kernel, 24, KmallocType.Cgroup).ChargeBytes(kernel);
        Assert.Equal(1144, charge);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(36_000, 2_000)]
    [InlineData(36_001, 2_001)]
    [InlineData(100_001, 5_556)]
    public void Live_inodes_fill_slabs_and_each_slab_has_one_vector(long inodes, long slabs)
    {
        SlabPopulation population = SlabPopulation.Of(
            Kernels.Load("6.18"), KernelProfile.FuseInodeCache(848), inodes);
        Assert.Equal(slabs, population.Slabs);
        Assert.Equal(slabs * 16384, population.PagesBytes);
        Assert.Equal(slabs, population.VectorObjects);
        Assert.Equal(192, population.VectorClassBytes);
        Assert.Equal(inodes * 904, population.ChargeBytes);
    }

    [Fact]
    public void On_7_0_inodes_add_nothing_to_kmalloc_192()
    {
        SlabPopulation population = SlabPopulation.Of(
            Kernels.Load("7.0"), KernelProfile.FuseInodeCache(848), 36_000);
        Assert.Equal(2_000, population.Slabs);
        Assert.Equal(0, population.VectorObjects);
    }

    [Fact]
    public void A_sheaf_of_fuse_inode_holds_28_objects() =>
        Assert.Equal(28, SlabPopulation.SheafCapacity(Kernels.Load("7.0"), 896));

    [Fact]
    public void Two_CPUs_may_hold_14_slabs_of_fuse_inode_until_6_19()
    {
        // One slab in use and ceil(2 x 52 / 18) = 6 partial ones on each CPU.
        Assert.Equal(
            14,
            SlabPopulation.PerCpuSlabs(
                Kernels.Load("6.18"), KernelProfile.FuseInodeCache(848)));
    }
}
