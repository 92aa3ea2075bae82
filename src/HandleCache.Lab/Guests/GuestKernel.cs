using HandleCache.Model.Slab;

namespace HandleCache.Lab.Guests;

/// <summary>A kernel that can be booted.</summary>
/// <param name="Version">As it was asked for: 6.12.</param>
/// <param name="Release">As uname prints it.</param>
/// <param name="Image">Path of the compressed kernel.</param>
/// <param name="Modules">Modules to load, in order: paths outside of the guest.</param>
public sealed record GuestKernel(
    string Version, string Release, string Image, IReadOnlyList<string> Modules)
{
    /// <summary>
    /// Files for /modules that are not loaded: their names there, and paths outside of the guest.
    /// </summary>
    public IReadOnlyDictionary<string, string> Carried { get; init; } =
        new Dictionary<string, string>();

    /// <summary>The first two numbers of its version.</summary>
    public KernelVersion Number =>
        KernelVersion.TryParse(Version, out KernelVersion number) ? number : default;
}
