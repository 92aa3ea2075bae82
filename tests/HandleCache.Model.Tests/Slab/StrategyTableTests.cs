using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>
/// "Storage strategies, extra bytes per inode, base 848, 6.18, 2 CPUs" of SLUB.md section 3,
/// typed from there.
/// </summary>
public sealed class StrategyTableTests
{
    [Theory]
    [InlineData(8, 8, 110.94, 0, 0, 24, 0)]
    [InlineData(12, 12, 110.94, 0, 0, 24, 0)]
    [InlineData(16, 16, 110.94, 24, 0, 40, 136)]
    [InlineData(20, 24, 110.94, 40, 0, 40, 136)]
    [InlineData(32, 32, 110.94, 40, 0, 72, 136)]
    [InlineData(36, 40, 110.94, 72, 0, 72, 136)]
    [InlineData(44, 60, 110.94, 72, 72, 72, 136)]
    [InlineData(64, 64, 110.94, 72, 72, 109.71, 136)]
    [InlineData(96, 96, 110.94, 109.71, 109.71, 136, 136)]
    [InlineData(128, 128, 110.94, 136, 136, 204.34, 136)]
    public void A_strategy_costs_what_the_fact_file_says(
        int from, int to, double static128, double inline12, double inline40, double pointerOnly,
        double inline12Cache128)
    {
        (string Strategy, double Delta)[] columns =
        [
            ("static:128", static128),
            ("inline:12", inline12),
            ("inline:40", inline40),
            ("pointer", pointerOnly),
            ("inline:12+cache:128", inline12Cache128),
        ];
        for (int length = from; length <= to; length += 4)
        {
            foreach ((string strategy, double delta) in columns)
            {
                double actual = Total(strategy, length) - Total("none", length);
                Kernels.AssertBytes(delta, actual, $"{strategy}, handle of {length}");
            }
        }
    }

    [Fact]
    public void Today_an_inode_costs_its_slab_its_vector_and_a_forget_link()
    {
        InodeCost cost = InodeCost.Of(Kernels.Load("6.18"), default, 0);

        Kernels.AssertBytes(910.22, cost.PagesBytes, "pages");
        Kernels.AssertBytes(10.84, cost.VectorBytes, "vector");
        Kernels.AssertBytes(40.00, cost.ForgetLinkBytes, "forget link in kmalloc-cg-32");
        Assert.Equal(0, cost.ExternalBytes);
        Assert.Equal(HandleStorage.None, cost.Storage);
    }

    [Theory]
    [InlineData("static:128", 976)]
    [InlineData("inline:40", 888)]
    [InlineData("inline:12", 864)]
    [InlineData("pointer", 856)]
    [InlineData("none", 848)]
    public void The_slot_begins_in_the_padding_behind_the_last_member(string strategy, int size)
    {
        InodeCostModel model = new(
            Kernels.Load("6.18"), new HandleDesign(HandleStrategy.Parse(strategy)));
        Assert.Equal(size, model.Layout.SizeBytes);
    }

    [Theory]
    [InlineData(HandleHeaderKind.Fanotify, 40)]
    [InlineData(HandleHeaderKind.U8, 45)]
    public void The_longest_free_inline_length_is_the_fact_files(HandleHeaderKind kind, int limit)
    {
        KernelProfile kernel = Kernels.Load("6.18");
        double today = InodeCost.Of(kernel, default, 0).TotalBytes;
        double At(int inline) => InodeCost.Of(
            kernel,
            new HandleDesign(HandleStrategy.InlineOnly(inline), new HandleHeader(kind)),
            0).TotalBytes - today;

        Assert.Equal(0, At(limit));
        Assert.True(At(limit + 1) > 54, "one byte more must cost the next cache line");
    }

    [Fact]
    public void Pointer_max_pays_for_its_buffer_whatever_the_handle()
    {
        // kmalloc of 8 + 128 bytes is kmalloc-cg-192: 204.34 (SLUB.md section 2).
        KernelProfile kernel = Kernels.Load("6.18");
        HandleDesign design = new(
            HandleStrategy.PointerMax(128), new HandleHeader(HandleHeaderKind.V2));
        foreach (int length in (int[])[0, 8, 128])
            Kernels.AssertBytes(204.34, InodeCost.Of(kernel, design, length).ExternalBytes, "max");
    }

    [Fact]
    public void A_refused_handle_costs_the_slot_and_no_buffer()
    {
        InodeCostModel model = new(
            Kernels.Load("6.18"), new HandleDesign(HandleStrategy.InlineOnly(12)));
        Assert.Equal(HandleStorage.Refused, model.CostOf(16).Storage);
        Assert.Equal(model.CostOf(12).TotalBytes, model.CostOf(16).TotalBytes);
        Assert.Equal(2, model.AllocationsOf(16));
    }

    [Theory]
    [InlineData(132, 136, 30)]
    [InlineData(36, 40, 102)]
    public void A_dedicated_cache_without_cache_line_alignment_has_slots_of_whole_words(
        int bytes, int slot, int objects)
    {
        SlabGeometry geometry = SlabGeometry.Of(Kernels.Load("6.12"), new SlabObject(bytes));
        Assert.Equal(slot, geometry.SlotBytes);
        Assert.Equal(objects, geometry.ObjectsPerSlab);
    }

    private static double Total(string strategy, int handleBytes) => InodeCost.Of(
        Kernels.Load("6.18"), new HandleDesign(HandleStrategy.Parse(strategy)), handleBytes)
        .TotalBytes;
}
