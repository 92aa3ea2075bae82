using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>An object of the tree that nobody changes, as it was found.</summary>
/// <param name="Path">From the root; "" is the root.</param>
/// <param name="PathBytes">The same with a NUL.</param>
/// <param name="Found">Its attributes.</param>
/// <param name="Names">Of a directory that could be read: its names, sorted.</param>
internal sealed record SharedObject(
    string Path, byte[] PathBytes, Statx Found, IReadOnlyList<string>? Names)
{
    /// <summary>Hash of the first bytes once somebody has read them.</summary>
    public byte[]? ContentHash { get; set; }

    public bool IsDirectory => FileModes.IsDirectory(Found.Mode);

    public bool IsRegular => FileModes.IsRegular(Found.Mode);

    public bool IsSymlink => FileModes.IsSymlink(Found.Mode);
}
