using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>kmalloc classes and their caches (SLUB.md section 2).</summary>
public sealed class KmallocTests
{
    [Fact]
    public void The_smallest_class_that_holds_a_request_serves_it()
    {
        int[] classes = [8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192];
        for (int bytes = 1; bytes <= 8192; bytes++)
            Assert.Equal(classes.First(c => c >= bytes), Kmalloc.ClassBytes(bytes));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(8193, 16384)]
    [InlineData(16385, 32768)]
    public void Nothing_and_more_than_two_pages_have_no_class(int bytes, int served) =>
        Assert.Equal(served, Kmalloc.ClassBytes(bytes));

    [Theory]
    [InlineData("6.18", 32, KmallocType.Cgroup, "kmalloc-cg-32")]
    [InlineData("5.10", 32, KmallocType.Cgroup, "kmalloc-32")]
    [InlineData("6.18", 1024, KmallocType.Normal, "kmalloc-1k")]
    [InlineData("6.18", 192, KmallocType.Reclaimable, "kmalloc-rcl-192")]
    [InlineData("6.18", 8192, KmallocType.Dma, "dma-kmalloc-8k")]
    [InlineData("6.18", 16384, KmallocType.Normal, "pages")]
    public void A_class_has_its_name_in_slabinfo(
        string kernel, int classBytes, KmallocType type, string name) =>
        Assert.Equal(name, Kmalloc.CacheName(Kernels.Load(kernel), classBytes, type));

    [Fact]
    public void Looking_up_a_class_allocates_nothing()
    {
        int sum = Kmalloc.ClassBytes(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int bytes = 0; bytes < 10_000; bytes++)
            sum += Kmalloc.ClassBytes(bytes);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);
    }
}
