using HandleCache.Linux.Slab;
using Xunit;

namespace HandleCache.Linux.Tests.Slab;

/// <summary>
/// /sys/kernel/slab is read, aliases resolved; odd files are an error that names them.
/// </summary>
public sealed class SlabSysfsTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("slab-test-");

    public void Dispose() => _root.Delete(true);

    [Fact]
    public void A_cache_is_read_whole_and_an_alias_leads_to_it()
    {
        Cache("fuse_inode", ("slabs_cpu_partial", "84(8) C0=31(3) C1=52(5)"), ("ctor", "init+0x0"));
        Directory.CreateSymbolicLink(Path.Combine(_root.FullName, "other"), "fuse_inode");
        SlabSysfs sysfs = new(_root.FullName);

        (IReadOnlyList<string> names, int aliases) = sysfs.Names();
        Assert.Equal(["fuse_inode"], names);
        Assert.Equal(1, aliases);
        foreach (string name in (string[])["fuse_inode", "other"])
        {
            SlabCacheInfo cache = sysfs.TryRead(name)!;
            Assert.Equal("fuse_inode", cache.Name);
            Assert.Equal((848, 896, 18, 2, 64), (
                cache.ObjectSize, cache.SlabSize, cache.ObjsPerSlab, cache.Order, cache.Align));
            Assert.Equal(36_000, cache.TotalObjects);
            Assert.Equal(8, cache.SlabsCpuPartial);
            Assert.Equal("init+0x0", cache.Ctor);
            Assert.True(cache.HwCacheAlign);
            Assert.False(cache.DestroyByRcu);
            Assert.Null(cache.UserSize);
        }
    }

    [Fact]
    public void A_cache_that_is_not_there_is_null() =>
        Assert.Null(new SlabSysfs(_root.FullName).TryRead("nosuch"));

    [Fact]
    public void A_folder_without_caches_is_no_slab_sysfs()
    {
        Assert.False(new SlabSysfs(_root.FullName).Exists);
        Assert.False(new SlabSysfs(Path.Combine(_root.FullName, "nosuch")).Exists);
    }

    [Fact]
    public void A_file_that_holds_no_number_is_named()
    {
        Cache("bad", ("order", "high"));
        InvalidDataException e = Assert.Throws<InvalidDataException>(
            () => new SlabSysfs(_root.FullName).TryRead("bad"));
        Assert.Contains("bad/order: 'high'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_cache_of_the_running_kernel_is_read()
    {
        SlabSysfs sysfs = new();
        Assert.SkipUnless(sysfs.Exists, "no readable /sys/kernel/slab on this machine");
        (IReadOnlyList<string> names, int _) = sysfs.Names();
        foreach (string name in names)
        {
            SlabCacheInfo? cache = sysfs.TryRead(name);
            if (cache is null)
                continue;
            Assert.Equal(name, cache.Name);
            Assert.True(cache.SlabSize >= cache.ObjectSize, name);
            Assert.True(cache.ObjsPerSlab >= 1, name);
        }
    }

    [Theory]
    [InlineData("0", 1, 0)]
    [InlineData("0-1", 2, 1)]
    [InlineData("0-3,8", 5, 8)]
    public void A_list_of_CPUs_is_counted(string text, int count, int last) =>
        Assert.Equal((count, last), MachineFacts.ParseCpuList(text));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("1-2-3")]
    public void A_list_of_CPUs_that_is_none_is_refused(string text) =>
        Assert.Throws<InvalidDataException>(() => MachineFacts.ParseCpuList(text));

    [Theory]
    [InlineData("quiet", "memory\t4\t9\t1\n", null, true)]
    [InlineData("quiet", "memory\t4\t9\t0\n", null, false)]
    [InlineData("quiet", "cpu\t1\t1\t1\n", "cpu memory io", true)]
    [InlineData("quiet", null, null, false)]
    [InlineData("cgroup.memory=nosocket,nokmem", "memory\t4\t9\t1\n", null, false)]
    public void Kernel_memory_is_accounted_where_the_memory_controller_is(
        string commandLine, string? cgroups, string? controllers, bool expected) =>
        Assert.Equal(expected, MachineFacts.HasMemcg(commandLine, cgroups, controllers));

    private void Cache(string name, params (string File, string Text)[] changed)
    {
        DirectoryInfo folder = _root.CreateSubdirectory(name);
        Dictionary<string, string> files = new(StringComparer.Ordinal)
        {
            ["object_size"] = "848",
            ["slab_size"] = "896",
            ["objs_per_slab"] = "18",
            ["order"] = "2",
            ["align"] = "64",
            ["objects"] = "35999 N0=35999",
            ["total_objects"] = "36000 N0=36000",
            ["slabs"] = "2000 N0=2000",
            ["partial"] = "1 N0=1",
            ["hwcache_align"] = "1",
            ["reclaim_account"] = "1",
            ["destroy_by_rcu"] = "0",
            ["ctor"] = "",
        };
        foreach ((string file, string text) in changed)
            files[file] = text;
        foreach ((string file, string text) in files)
            File.WriteAllText(Path.Combine(folder.FullName, file), text + "\n");
    }
}
