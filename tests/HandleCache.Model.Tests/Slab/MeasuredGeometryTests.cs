using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>
/// What sysfs showed for fuse_inode on Debian's kernels, booted with 2 CPUs, is what the profiles
/// and SLUB's rules come to.
/// </summary>
public sealed class MeasuredGeometryTests
{
    public static TheoryData<string, int, int, int, int> Booted => new()
    {
        { "5.10", 824, 832, 2, 19 },
        { "6.1", 824, 832, 2, 19 },
        { "6.12", 864, 896, 2, 18 },
        { "6.16", 856, 896, 2, 18 },
        { "6.17", 864, 896, 2, 18 },
        { "6.18", 848, 896, 2, 18 },
        { "6.19", 848, 896, 2, 18 },
        { "7.0", 848, 896, 2, 18 },
        { "7.1", 792, 832, 2, 19 },
        { "7.2", 792, 832, 2, 19 },
        { "7.3", 792, 832, 2, 19 },
    };

    [Theory]
    [MemberData(nameof(Booted))]
    public void A_profile_has_the_geometry_that_its_kernel_showed(
        string name, int objectBytes, int slotBytes, int order, int objects)
    {
        KernelProfile kernel = Kernels.Load(name);
        Assert.Equal(objectBytes, kernel.FuseInodeBytes);
        SlabGeometry geometry = SlabGeometry.Of(
            kernel, KernelProfile.FuseInodeCache(kernel.FuseInodeBytes));
        Assert.Equal(
            (slotBytes, order, objects),
            (geometry.SlotBytes, geometry.Order, geometry.ObjectsPerSlab));
        MeasuredGeometry own = kernel.Measured.Single(m => m.PresentCpus == 2);
        Assert.Equal(
            (slotBytes, order, objects), (own.SlotBytes, own.Order, own.ObjectsPerSlab));
    }

    [Fact]
    public void Every_profile_of_a_kernel_that_booted_has_its_row() => Assert.Equal(
        Kernels.Names.Where(name => Kernels.Load(name).Measured.Count > 0),
        Booted.Select(row => row.Data.Item1));

    /// <summary>Debian's 6.1 with fields at the end of struct fuse_inode, loaded there.</summary>
    [Theory]
    [InlineData("inline-only:12", 840, 896, 18)]
    [InlineData("inline-only:40", 872, 896, 18)]
    [InlineData("static:128", 960, 1024, 16)]
    [InlineData("pointer", 832, 896, 18)]
    public void A_handle_in_the_inode_gives_the_geometry_that_a_patched_6_1_showed(
        string strategy, int objectBytes, int slotBytes, int objects)
    {
        Assert.True(HandleStrategy.TryParse(strategy, out HandleStrategy parsed, out _));
        InodeCostModel model = new(Kernels.Load("6.1"), new HandleDesign(parsed));
        Assert.Equal(
            (objectBytes, slotBytes, 2, objects),
            (model.Layout.SizeBytes, model.Inode.Geometry.SlotBytes, model.Inode.Geometry.Order,
                model.Inode.Geometry.ObjectsPerSlab));
    }

    [Fact]
    public void The_maintainers_tree_has_the_struct_of_7_3_by_other_names_and_nothing_measured()
    {
        KernelProfile next = Kernels.Load("7.4-fuse-next");
        KernelProfile today = Kernels.Load("7.3");
        Assert.Equal("7.4", next.Version.ToString());
        Assert.All(next.Sources, source => Assert.Equal(ProfileSource.Derived, source.How));
        Assert.Empty(next.Measured);
        Assert.Equal(
            today.FuseInode!.Members.Select(m => (m.OffsetBytes, m.SizeBytes)),
            next.FuseInode!.Members.Select(m => (m.OffsetBytes, m.SizeBytes)));
        // fs/fuse/fuse_i.h, 1348e0a6
        Assert.Equal(
            ["lock", "vdax", "submount_lookup", "fb", "cached_i_blkbits"],
            next.FuseInode.Members.TakeLast(5).Select(m => m.Name));
    }
}
