using FsCheck;
using FsCheck.Fluent;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>The rules of SLUB geometry (SLUB.md section 1).</summary>
public sealed class SlabGeometryTests
{
    /// <summary>All that booted; of others there is nothing to compare with.</summary>
    public static TheoryData<string> KernelNames =>
        [.. Kernels.Names.Where(name => Kernels.Load(name).Measured.Count > 0)];

    [Theory]
    [MemberData(nameof(KernelNames))]
    public void Every_measured_geometry_of_fuse_inode_is_predicted(string name)
    {
        KernelProfile kernel = Kernels.Load(name);
        Assert.NotEmpty(kernel.Measured);
        foreach (MeasuredGeometry row in kernel.Measured)
        {
            SlabGeometry geometry = SlabGeometry.Of(
                kernel.WithCpus(row.PresentCpus),
                KernelProfile.FuseInodeCache(kernel.FuseInodeBytes));
            Assert.Equal(
                row,
                new MeasuredGeometry(
                    row.PresentCpus, geometry.SlotBytes, geometry.FreeTailBytes, geometry.Order,
                    geometry.ObjectsPerSlab));
        }
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 12)]
    [InlineData(3, 12)]
    [InlineData(4, 16)]
    [InlineData(7, 16)]
    [InlineData(8, 20)]
    [InlineData(15, 20)]
    [InlineData(16, 24)]
    [InlineData(31, 24)]
    [InlineData(32, 28)]
    [InlineData(63, 28)]
    [InlineData(64, 32)]
    [InlineData(127, 32)]
    [InlineData(128, 36)]
    [InlineData(255, 36)]
    public void The_number_of_CPUs_decides_how_many_objects_a_slab_should_hold(
        int cpus, int minObjects) =>
        Assert.Equal(minObjects, SlabOrder.Of(Kernels.Load("6.18", cpus), 64).MinObjects);

    [Fact]
    public void One_present_CPU_is_not_believed_and_possible_CPUs_are_taken()
    {
        KernelProfile kernel = Kernels.Load("6.18") with { PresentCpus = 1, PossibleCpus = 8 };
        Assert.Equal(8, SlabOrder.Of(kernel, 64).Cpus);
        Assert.Equal(2, SlabOrder.Of(kernel with { PresentCpus = 2 }, 64).Cpus);
    }

    [Theory]
    [InlineData(896, 12, 2, 16, 2)]
    [InlineData(5000, 6, 3, 8, 3)]
    [InlineData(9000, 3, 3, 4, 3)]
    [InlineData(12000, 2, 3, 2, 3)]
    [InlineData(40000, 1, 4, 0, 4)]
    public void Less_waste_is_tried_first_and_what_fits_no_order_gets_its_own(
        int slot, int minObjects, int first, int fraction, int order)
    {
        // By hand, 2 CPUs, largest slab 32768: 12 or as many as fit; waste of 256 in 16384, then
        // 2768, 5768 and 8768 in 32768 against its 16th, 8th, 4th and half.
        Assert.Equal(
            new SlabOrder(2, minObjects, first, fraction, order),
            SlabOrder.Of(Kernels.Load("6.18"), slot));
    }

    [Fact]
    public void The_order_search_counts_no_more_than_15_bits_of_objects()
    {
        KernelProfile kernel = Kernels.Load("6.18") with { SlabMaxOrder = 8, SlabMinOrder = 7 };
        SlabOrder search = SlabOrder.Of(kernel, 8);
        Assert.Equal(5, search.Order);
        Assert.True((4096 << search.Order) / 8 <= SlabOrder.MaxObjectsPerSlab);
    }

    [Theory]
    [InlineData("6.18", false, false, false, FreePointerPlace.Middle, 104)]
    [InlineData("6.18", true, false, false, FreePointerPlace.After, 112)]
    [InlineData("6.18", true, false, true, FreePointerPlace.After, 112)]
    [InlineData("7.0", true, false, true, FreePointerPlace.Given, 104)]
    [InlineData("6.18", false, true, false, FreePointerPlace.After, 112)]
    [InlineData("6.18", false, true, true, FreePointerPlace.Given, 104)]
    public void The_free_pointer_lies_after_the_object_where_the_object_must_stay(
        string kernel, bool ctor, bool rcu, bool given, FreePointerPlace place, int slot)
    {
        SlabObject slabObject = new(100) { Ctor = ctor, Rcu = rcu, FreePointerGiven = given };
        SlabGeometry geometry = SlabGeometry.Of(Kernels.Load(kernel), slabObject);
        Assert.Equal(place, geometry.FreePointer);
        Assert.Equal(slot, geometry.SlotBytes);
    }

    [Theory]
    [InlineData(8, 8)]
    [InlineData(16, 16)]
    [InlineData(24, 32)]
    [InlineData(33, 64)]
    [InlineData(64, 64)]
    [InlineData(65, 64)]
    public void Cache_line_alignment_shrinks_with_a_small_object(int objectBytes, int align)
    {
        SlabObject slabObject = new(objectBytes) { HwCacheAlign = true };
        Assert.Equal(align, SlabGeometry.Of(Kernels.Load("6.18"), slabObject).AlignBytes);
    }

    [Fact]
    public void Slot_object_and_slab_always_add_up()
    {
        Prop.ForAll(Objects(), x =>
        {
            SlabGeometry g = SlabGeometry.Of(x.Kernel, x.Object);
            return g.SlotBytes >= x.Object.ObjectBytes
                && g.SlotBytes % g.AlignBytes == 0
                && g.AlignBytes >= x.Object.AlignBytes
                && g.ObjectsPerSlab >= 1
                && g.FreeTailBytes >= 0
                && g.FreeTailBytes < g.AlignBytes
                && g.LeftoverBytes >= 0
                && g.LeftoverBytes < g.SlotBytes
                && (g.ObjectsPerSlab * g.SlotBytes) + g.LeftoverBytes == g.SlabBytes
                && (g.Search.Fraction == 0 || g.LeftoverBytes <= g.SlabBytes / g.Search.Fraction);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Growing_an_object_never_lowers_its_pages_while_the_order_stays()
    {
        Prop.ForAll(Objects(), x =>
        {
            SlabGeometry before = SlabGeometry.Of(x.Kernel, x.Object);
            for (int growth = 1; growth <= 256; growth++)
            {
                SlabGeometry after = SlabGeometry.Of(
                    x.Kernel, x.Object with { ObjectBytes = x.Object.ObjectBytes + growth });
                if (after.SlotBytes < before.SlotBytes)
                    return false;
                if (after.Order == before.Order
                    && after.PagesBytesPerObject < before.PagesBytesPerObject)
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    private static Arbitrary<(KernelProfile Kernel, SlabObject Object)> Objects()
    {
        Gen<(KernelProfile, SlabObject)> any =
            from name in Gen.Elements(Kernels.Names)
            from cpus in Gen.Choose(1, 256)
            from size in Gen.Choose(1, 9000)
            from align in Gen.Elements(0, 8, 16, 32, 64, 128, 256)
            from flags in Gen.Choose(0, 15)
            select (
                Kernels.Load(name, cpus),
                new SlabObject(size)
                {
                    AlignBytes = align,
                    HwCacheAlign = (flags & 1) != 0,
                    Ctor = (flags & 2) != 0,
                    Rcu = (flags & 4) != 0,
                    FreePointerGiven = (flags & 8) != 0,
                });
        return any.ToArbitrary();
    }
}
