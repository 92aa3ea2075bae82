namespace HandleCache.Linux.Images;

/// <summary>Why a kernel file gives no types.</summary>
/// <param name="LacksTypes">
/// The file is whole but has no BTF: another file is needed. False: it is damaged, or no kernel.
/// </param>
/// <param name="Message">A whole message, the path in it.</param>
/// <param name="Release">The kernel's release, where the file told it all the same.</param>
public sealed record KernelFileError(bool LacksTypes, string Message, string? Release = null);
