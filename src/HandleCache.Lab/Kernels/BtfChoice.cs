namespace HandleCache.Lab.Kernels;

/// <summary>A kernel that is named by a file of it, as --btf and --btf-base give it.</summary>
/// <param name="Path">vmlinux, vmlinuz, raw BTF, a module or a package.</param>
/// <param name="BasePath">The kernel of a module, or null.</param>
/// <param name="RulesOf">
/// The kernel that --kernel names beside it, whose rules hold where the file does not say its
/// version; null where none is named.
/// </param>
public sealed record BtfChoice(string Path, string? BasePath = null, string? RulesOf = null);
