using HandleCache.Lab.Kernels;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Compare;

/// <summary>What `compare` was asked.</summary>
public sealed record CompareRequest
{
    public string? FileSystem { get; init; }

    public string? HandlesFile { get; init; }

    /// <summary>For the memory of the storage that a dialect comes with.</summary>
    public string Kernel { get; init; } = "this";

    /// <summary>A kernel to read from a file instead, or null.</summary>
    public BtfChoice? Btf { get; init; }

    public int? Cpus { get; init; }

    /// <summary>Dialects to compare.</summary>
    public IReadOnlyList<Dialect> Dialects { get; init; } = DialectList.All;

    /// <summary>Names in the directory that is listed.</summary>
    public int DirectoryNames { get; init; } = 10_000;

    /// <summary>Length of each of them, in bytes.</summary>
    public int NameBytes { get; init; } = 16;

    /// <summary>Files that are statted.</summary>
    public int StatFiles { get; init; } = 1_000;
}
