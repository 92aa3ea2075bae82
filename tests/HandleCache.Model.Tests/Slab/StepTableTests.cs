using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>The step tables of SLUB.md section 3, every number typed from there.</summary>
public sealed class StepTableTests
{
    [Theory]
    [InlineData(0, 40, 896, 18, 910.22, 10.84, 921.06, 0.0)]
    [InlineData(41, 104, 960, 17, 963.76, 11.47, 975.24, 54.18)]
    [InlineData(105, 168, 1024, 16, 1024.00, 8.00, 1032.00, 110.94)]
    [InlineData(169, 192, 1088, 15, 1092.27, 8.53, 1100.80, 179.74)]
    public void On_6_18_with_2_CPUs_growth_costs_what_the_fact_file_says(
        int from, int to, int slot, int objects, double pages, double vector, double total,
        double delta)
    {
        double today = Kernels.Grown("6.18", 2, 0).TotalBytes;
        for (int growth = from; growth <= to; growth++)
        {
            ObjectCost cost = Kernels.Grown("6.18", 2, growth);
            Assert.Equal(slot, cost.Geometry.SlotBytes);
            Assert.Equal(objects, cost.Geometry.ObjectsPerSlab);
            Kernels.AssertBytes(pages, cost.PagesBytes, $"pages at +{growth}");
            Kernels.AssertBytes(vector, cost.VectorBytes, $"vector at +{growth}");
            Kernels.AssertBytes(total, cost.TotalBytes, $"total at +{growth}");
            Kernels.AssertBytes(delta, cost.TotalBytes - today, $"delta at +{growth}");
        }
    }

    [Theory]
    [InlineData(0, 40, 36, 924.44, 14.22, 0.0)]
    [InlineData(41, 104, 34, 978.82, 15.06, 54.38)]
    [InlineData(105, 168, 32, 1032.00, 8.00, 107.56)]
    [InlineData(169, 192, 30, 1100.80, 8.53, 176.36)]
    public void On_6_18_with_8_CPUs_growth_costs_what_the_fact_file_says(
        int from, int to, int objects, double total, double vector, double delta)
    {
        double today = Kernels.Grown("6.18", 8, 0).TotalBytes;
        for (int growth = from; growth <= to; growth++)
        {
            ObjectCost cost = Kernels.Grown("6.18", 8, growth);
            Assert.Equal(objects, cost.Geometry.ObjectsPerSlab);
            Kernels.AssertBytes(total, cost.TotalBytes, $"total at +{growth}");
            Kernels.AssertBytes(vector, cost.VectorBytes, $"vector at +{growth}");
            Kernels.AssertBytes(delta, cost.TotalBytes - today, $"delta at +{growth}");
        }
    }

    [Theory]
    [InlineData(0, 40, 896, 9, 910.22)]
    [InlineData(41, 104, 960, 8, 1024.00)]
    [InlineData(105, 168, 1024, 8, 1024.00)]
    public void On_6_18_with_1_CPU_the_middle_step_disappears(
        int from, int to, int slot, int objects, double pages)
    {
        for (int growth = from; growth <= to; growth++)
        {
            ObjectCost cost = Kernels.Grown("6.18", 1, growth);
            Assert.Equal(slot, cost.Geometry.SlotBytes);
            Assert.Equal(1, cost.Geometry.Order);
            Assert.Equal(objects, cost.Geometry.ObjectsPerSlab);
            Kernels.AssertBytes(pages, cost.PagesBytes, $"pages at +{growth}");
        }
    }

    /// <summary>Members by pahole on those kernels, the slot's header fanotify's.</summary>
    [Theory]
    [InlineData("6.12", "end", 20)]
    [InlineData("6.12", "best-hole", 24)]
    [InlineData("6.19", "end", 40)]
    [InlineData("7.0", "end", 40)]
    [InlineData("7.3", "end", 32)]
    public void The_longest_inline_length_that_costs_nothing_is_what_the_members_leave(
        string name, string place, int free)
    {
        KernelProfile kernel = Kernels.Load(name);
        Assert.True(SlotPlacement.TryParse(place, out SlotPlacement placement));
        double today = new InodeCostModel(kernel, default).CostOf(0).TotalBytes;
        bool IsFree(int bytes) => new InodeCostModel(
            kernel, new HandleDesign(HandleStrategy.Inline(bytes), default, placement))
            .CostOf(0).TotalBytes <= today + 0.005;
        Assert.True(IsFree(free));
        Assert.False(IsFree(free + 1));
    }

    [Theory]
    [InlineData("7.0", 2, 0, 40, 910.22)]
    [InlineData("7.0", 2, 41, 96, 963.76)]
    [InlineData("7.0", 2, 97, 104, 975.24)]
    [InlineData("7.0", 2, 105, 160, 1024.00)]
    [InlineData("7.3", 2, 0, 32, 862.32)]
    [InlineData("7.3", 2, 33, 96, 910.22)]
    [InlineData("7.3", 2, 97, 152, 963.76)]
    [InlineData("7.3", 2, 153, 160, 975.24)]
    [InlineData("7.3", 8, 0, 32, 840.21)]
    [InlineData("7.3", 8, 33, 96, 910.22)]
    [InlineData("7.3", 8, 97, 152, 963.76)]
    [InlineData("7.3", 8, 153, 160, 978.82)]
    [InlineData("6.1", 2, 0, 0, 872.58)]
    [InlineData("6.1", 2, 1, 64, 921.06)]
    [InlineData("6.1", 2, 65, 128, 975.24)]
    [InlineData("6.1", 2, 129, 160, 1032.00)]
    [InlineData("6.12", 2, 0, 24, 921.06)]
    [InlineData("6.12", 2, 25, 88, 975.24)]
    [InlineData("6.12", 2, 89, 152, 1032.00)]
    [InlineData("6.12", 2, 153, 192, 1100.80)]
    public void On_other_kernels_growth_costs_what_the_fact_file_says(
        string kernel, int cpus, int from, int to, double total)
    {
        for (int growth = from; growth <= to; growth++)
        {
            Kernels.AssertBytes(
                total, Kernels.Grown(kernel, cpus, growth).TotalBytes,
                $"{kernel}, {cpus} CPUs, total at +{growth}");
        }
    }

    [Fact]
    public void Without_cache_line_alignment_there_is_no_free_tail()
    {
        KernelProfile kernel = Kernels.Load("6.18");
        SlabObject Plain(int bytes) =>
            KernelProfile.FuseInodeCache(bytes) with { HwCacheAlign = false };

        SlabGeometry today = SlabGeometry.Of(kernel, Plain(848));
        Assert.Equal(856, today.SlotBytes);
        Assert.Equal(19, today.ObjectsPerSlab);
        Assert.Equal(0, today.FreeTailBytes);
        Kernels.AssertBytes(862.32, today.PagesBytesPerObject, "pages today");
        for (int growth = 1; growth <= 48; growth++)
        {
            SlabGeometry grown = SlabGeometry.Of(kernel, Plain(848 + growth));
            Assert.Equal(18, grown.ObjectsPerSlab);
            Kernels.AssertBytes(910.22, grown.PagesBytesPerObject, $"pages at +{growth}");
        }
    }

    [Theory]
    [InlineData(8, 16.00)]
    [InlineData(16, 24.00)]
    [InlineData(32, 40.00)]
    [InlineData(64, 72.00)]
    [InlineData(96, 109.71)]
    [InlineData(128, 136.00)]
    [InlineData(192, 204.34)]
    [InlineData(256, 264.00)]
    public void An_accounted_kmalloc_costs_its_class_and_its_vector(int bytes, double total)
    {
        foreach (int cpus in (int[])[2, 8])
        {
            KernelProfile kernel = Kernels.Load("6.18", cpus);
            ObjectCost cost = Kmalloc.CostOf(kernel, bytes, KmallocType.Cgroup);
            Kernels.AssertBytes(total, cost.TotalBytes, $"cg-{bytes}, {cpus} CPUs");
        }
    }
}
