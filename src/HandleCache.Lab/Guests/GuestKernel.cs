using HandleCache.Model.Slab;

namespace HandleCache.Lab.Guests;

/// <summary>A kernel that can be booted.</summary>
/// <param name="Version">As it was asked for: 6.12.</param>
/// <param name="Release">As uname prints it.</param>
/// <param name="Image">Path of the compressed kernel.</param>
/// <param name="Tree">Folder that its packages were unpacked to.</param>
public sealed record GuestKernel(string Version, string Release, string Image, string Tree)
{
    /// <summary>
    /// Modules by what they are for, which is the argument of <see cref="GuestJob.Load"/> in the
    /// guest; those of <see cref="GuestModules.Boot"/> are loaded from the start.
    /// </summary>
    internal IReadOnlyDictionary<string, IReadOnlyList<GuestModule>> Modules { get; init; } =
        new Dictionary<string, IReadOnlyList<GuestModule>>();

    /// <summary>
    /// Files for /modules that are not loaded: their names there, and paths outside of the guest.
    /// </summary>
    public IReadOnlyDictionary<string, string> Carried { get; init; } =
        new Dictionary<string, string>();

    /// <summary>The first two numbers of its version.</summary>
    public KernelVersion Number =>
        KernelVersion.TryParse(Version, out KernelVersion number) ? number : default;

    /// <summary>The same with what it has of these sets of modules.</summary>
    /// <exception cref="MissingRequirementException">A module's file is damaged.</exception>
    internal GuestKernel With(IEnumerable<string> sets)
    {
        ModuleTree tree = new(Tree);
        return this with
        {
            Modules = sets.Distinct().ToDictionary(
                set => set, set => tree.LoadOrder(GuestModules.Of(set))),
        };
    }
}

/// <summary>Sets of modules: what is asked for, to which what that needs is added.</summary>
internal static class GuestModules
{
    /// <summary>What each guest has from the start.</summary>
    public const string Boot = "boot";

    /// <summary>The kernel's NFS server and client.</summary>
    public const string Nfs = "nfs";

    public static IReadOnlyList<string> Of(string set) => set switch
    {
        Boot => ["fuse"],
        Nfs => ["nfsd", "nfs", "nfsv4"],
        _ => throw new InvalidOperationException($"unknown modules '{set}'"),
    };
}
