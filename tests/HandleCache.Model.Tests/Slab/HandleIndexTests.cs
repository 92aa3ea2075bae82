using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>
/// The link of an index by handle. Sizes by pahole on 6.18: struct hlist_node 16, struct rhash_head
/// 8, struct hlist_head 8.
/// </summary>
public sealed class HandleIndexTests
{
    [Theory]
    [InlineData("none", 0, 0, 0)]
    [InlineData("inode-hash", 0, 0, 0)]
    [InlineData("rhashtable", 8, 8 / 0.75, 8 / 0.375)]
    [InlineData("hlist", 16, 8, 16)]
    public void A_link_and_its_buckets_are_as_large_as_the_kernels(
        string name, int node, double least, double most)
    {
        Assert.True(HandleIndex.TryParse(name, out HandleIndex index));
        Assert.Equal(name, index.ToString());
        Assert.Equal(node, index.NodeBytes);
        Assert.Equal((least, most), index.TableBytes);
    }

    [Fact]
    public void Another_word_is_no_index() => Assert.False(HandleIndex.TryParse("xarray", out _));

    /// <summary>The free lengths without a link, less the link.</summary>
    [Theory]
    [InlineData("6.19", 40, "hlist")]
    [InlineData("7.0", 40, "hlist")]
    [InlineData("7.0", 40, "rhashtable")]
    [InlineData("7.3", 32, "hlist")]
    [InlineData("7.3", 32, "rhashtable")]
    public void A_link_takes_its_size_from_what_is_free_in_the_slot(
        string kernel, int freeBytes, string name)
    {
        Assert.True(HandleIndex.TryParse(name, out HandleIndex index));
        int left = freeBytes - index.NodeBytes;
        Assert.Equal(Today(kernel), Cost(kernel, index, left));
        Assert.True(Cost(kernel, index, left + 1) > Today(kernel));
    }

    [Fact]
    public void A_link_that_no_longer_fits_costs_an_object_of_each_slab()
    {
        // 864 bytes and 24 free; slot 4 + 12 and a link of 16 are more: 896 -> 960, 18 -> 17.
        HandleIndex index = new(HandleIndexKind.HList);
        InodeCostModel model = new(
            Kernels.Load("6.12"), new HandleDesign(HandleStrategy.Inline(12)) { Index = index });
        Assert.Equal(
            (960, 17), (model.Inode.Geometry.SlotBytes, model.Inode.Geometry.ObjectsPerSlab));
    }

    [Fact]
    public void Slot_and_link_stand_in_the_order_that_makes_the_smaller_struct()
    {
        // One byte behind 785 used: a slot of 3 fits before an aligned link, and not behind it.
        HandleIndex index = new(HandleIndexKind.HList);
        Assert.True(HandleHeader.TryParse("u8", out HandleHeader header));
        HandleDesign design = new(HandleStrategy.InlineOnly(4), header) { Index = index };
        StructLayout layout = design.LayoutOn(Kernels.Load("7.3"));
        Assert.Equal(792 + 16, layout.SizeBytes);
        Assert.Equal(["handle", "handle_node"], layout.Members.TakeLast(2).Select(m => m.Name));
    }

    private static double Today(string kernel) =>
        new InodeCostModel(Kernels.Load(kernel), default).CostOf(0).TotalBytes;

    private static double Cost(string kernel, HandleIndex index, int inline) => new InodeCostModel(
        Kernels.Load(kernel), new HandleDesign(HandleStrategy.Inline(inline)) { Index = index })
        .CostOf(0).TotalBytes;
}
