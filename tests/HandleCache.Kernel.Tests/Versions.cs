using HandleCache.Model.Slab;

namespace HandleCache.Kernel.Tests;

/// <summary>Kernel versions as tests spell them.</summary>
internal static class Versions
{
    public static KernelVersion Of(string text) =>
        KernelVersion.TryParse(text, out KernelVersion version)
            ? version
            : throw new ArgumentException(text, nameof(text));
}
