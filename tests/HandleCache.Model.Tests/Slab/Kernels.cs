using HandleCache.Model.Slab;
using Xunit;

namespace HandleCache.Model.Tests.Slab;

/// <summary>The shipped kernel profiles, as the tests' kernels.</summary>
internal static class Kernels
{
    public static readonly string[] Names =
    [
        "5.10", "6.1", "6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3",
        "7.4-fuse-next",
    ];

    private static readonly Dictionary<string, KernelProfile> Loaded =
        Names.ToDictionary(name => name, Read, StringComparer.Ordinal);

    public static KernelProfile Load(string name, int cpus = 2) => Loaded[name].WithCpus(cpus);

    /// <summary>The profile's text, for tests that spoil it.</summary>
    public static string Text(string name) => File.ReadAllText(PathOf(name));

    /// <summary>A fuse_inode of today's size on that kernel, grown by so many bytes.</summary>
    public static ObjectCost Grown(string name, int cpus, int growthBytes)
    {
        KernelProfile kernel = Load(name, cpus);
        return ObjectCost.Of(
            kernel, KernelProfile.FuseInodeCache(kernel.FuseInodeBytes + growthBytes));
    }

    /// <summary>Equal to 0.01 byte, the precision of the fact file.</summary>
    public static void AssertBytes(double expected, double actual, string what) =>
        Assert.True(
            Math.Abs(expected - actual) <= 0.0051,
            FormattableString.Invariant($"{what}: fact file {expected:F2}, model {actual:F4}"));

    private static KernelProfile Read(string name)
    {
        byte[] json = File.ReadAllBytes(PathOf(name));
        bool ok = KernelProfileJson.TryParse(json, out KernelProfile? profile, out string? error);
        Assert.True(ok, $"{name}.json: {error}");
        return profile!;
    }

    private static string PathOf(string name) =>
        Path.Combine(AppContext.BaseDirectory, "kernels", $"{name}.json");
}
