using System.Text.Json;
using HandleCache.Lab;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Memory;
using HandleCache.Linux.Slab;
using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>`slab`: one object derived, every cache of the running kernel verified.</summary>
public sealed class SlabCommandTests
{
    [Fact]
    public void Every_cache_of_the_running_kernel_is_derived_exactly()
    {
        Assert.SkipUnless(
            new SlabSysfs().Exists, "no readable /sys/kernel/slab (SLUB sysfs, root) here");
        JsonElement verify = Cli.Json("slab", "--verify");
        Assert.Equal("match", verify.GetProperty("verdict").GetString());
        Assert.Equal(0, verify.GetProperty("mismatches").GetArrayLength());
        int caches = verify.GetProperty("caches").GetInt32();
        Assert.True(caches > 50, $"only {caches} caches were compared");
        Assert.Equal(caches, verify.GetProperty("exact").GetInt32());
        Assert.InRange(verify.GetProperty("flagged").GetArrayLength(), 0, 3);
        Assert.All(
            verify.GetProperty("flagged").EnumerateArray(),
            row => Assert.NotEmpty(row.GetProperty("reason").GetString()!));
    }

    [Fact]
    public void The_rules_of_another_machine_do_not_fit_this_one()
    {
        // The check must be able to fail: 64 CPUs make larger slabs.
        SlabSysfs sysfs = new();
        Assert.SkipUnless(sysfs.Exists, "no readable /sys/kernel/slab here");
        KernelProfile kernel = RunningKernel.ReadWithoutStructs();
        Assert.SkipUnless(kernel.PresentCpus < 32, "this machine has as many CPUs");
        SlabVerifyResult result = SlabExperiment.Verify(sysfs, kernel.WithCpus(64));
        Assert.False(result.Holds);
        Assert.All(result.Mismatches, row => Assert.NotNull(row.Reason));
    }

    [Fact]
    public void Without_slab_sysfs_the_requirement_is_named()
    {
        MissingRequirementException e = Assert.Throws<MissingRequirementException>(
            () => SlabExperiment.Verify(
                new SlabSysfs("/no/such/folder"), RunningKernel.ReadWithoutStructs()));
        Assert.Contains("CONFIG_SLUB_DEBUG", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_fuse_inode_of_6_18_has_the_fact_files_geometry()
    {
        JsonElement slab = Cli.Json(
            "slab", "--object-size", "848", "--hwcache-align", "--ctor", "--account",
            "--kernel", "6.18");
        Assert.Equal(848, slab.GetProperty("objectSize").GetInt32());
        Assert.Equal(896, slab.GetProperty("slabSize").GetInt32());
        Assert.Equal(2, slab.GetProperty("order").GetInt32());
        Assert.Equal(18, slab.GetProperty("objectsPerSlab").GetInt32());
        Assert.Equal(40, slab.GetProperty("freeTail").GetInt32());
        Assert.Equal("derived", slab.GetProperty("how").GetString());
        Assert.Equal("after", slab.GetProperty("freePointer").GetString());
        Assert.Equal(
            904, slab.GetProperty("bytesPerObject").GetProperty("charged").GetInt32());
    }

    [Fact]
    public void The_running_kernels_profile_agrees_with_its_own_sysfs()
    {
        Assert.SkipUnless(File.Exists("/sys/kernel/btf/vmlinux"), "this kernel shows no BTF");
        SlabCacheInfo? cache = new SlabSysfs().TryRead("fuse_inode");
        Assert.SkipWhen(cache is null, "no readable fuse_inode cache here");
        KernelProfile kernel = KernelProfiles.Load("this");
        Assert.Equal(cache!.ObjectSize, kernel.FuseInodeBytes);
        SlabGeometry derived = SlabGeometry.Of(
            kernel, KernelProfile.FuseInodeCache(kernel.FuseInodeBytes));
        Assert.Equal(
            (cache.SlabSize, cache.Order, cache.ObjsPerSlab, cache.Align),
            (derived.SlotBytes, derived.Order, derived.ObjectsPerSlab, derived.AlignBytes));
    }
}
