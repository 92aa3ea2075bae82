using HandleCache.Model.Slab;

namespace HandleCache.Lab.Replay;

/// <summary>What a replay came to.</summary>
/// <param name="Format">What the file was.</param>
/// <param name="Bytes">Its length in bytes.</param>
/// <param name="Kernel">The kernel that the bytes per inode were derived for.</param>
/// <param name="Inodes">The bound of an imported trace; null for a recorded one.</param>
/// <param name="Rows">One for each strategy.</param>
public sealed record ReplayResult(
    TraceFileFormat Format, long Bytes, KernelProfile Kernel, int? Inodes,
    IReadOnlyList<ReplayRow> Rows)
{
    /// <summary>"match", or "diverge": the trace contradicts itself.</summary>
    public string Verdict => Rows.All(row => row.Holds) ? "match" : "diverge";
}
