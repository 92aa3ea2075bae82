using HandleCache.Model.Handles;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Replay;

/// <summary>What `replay` was asked.</summary>
public sealed record ReplayRequest
{
    /// <summary>The file with the traffic.</summary>
    public required string Trace { get; init; }

    public TraceFileFormat Format { get; init; }

    /// <summary>Storage strategies to replay with, one after the other.</summary>
    public IReadOnlyList<HandleStrategy> Strategies { get; init; } = [HandleStrategy.Inline(12)];

    /// <summary>The kernel that the bytes per inode are derived for.</summary>
    public string Kernel { get; init; } = "this";

    public HandleHeader Header { get; init; }

    /// <summary>
    /// A shipped mix, or a file with one, whose handles inodes get that come without; null for
    /// both leaves them without.
    /// </summary>
    public string? FileSystem { get; init; }

    public string? HandlesFile { get; init; }

    /// <summary>Also find inodes by their handles.</summary>
    public bool IndexByHandle { get; init; }

    /// <summary>
    /// Of an imported trace: most inodes cached at once; null for
    /// <see cref="ReplayExperiment.DefaultInodes"/>.
    /// </summary>
    public int? Inodes { get; init; }

    /// <summary>Of an imported trace: write what was replayed here, in the own format.</summary>
    public string? Save { get; init; }
}
