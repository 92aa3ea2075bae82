using HandleCache.Model.Slab;

namespace HandleCache.Benchmarks.Slabs;

/// <summary>The kernel profiles that are copied beside the program.</summary>
internal static class Profiles
{
    /// <exception cref="FormatException">The profile is broken.</exception>
    public static KernelProfile Kernel(string name)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "kernels", $"{name}.json");
        return KernelProfileJson.TryParse(
            File.ReadAllBytes(path), out KernelProfile? profile, out string? error)
            ? profile!
            : throw new FormatException($"{path}: {error}");
    }
}
