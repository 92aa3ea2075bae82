using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>What `layout` was asked.</summary>
public sealed record LayoutRequest
{
    public string Kernel { get; init; } = "this";

    public int? Cpus { get; init; }

    /// <summary>BTF to read the struct from instead: raw, or an ELF file.</summary>
    public string? BtfPath { get; init; }

    public string Struct { get; init; } = "fuse_inode";

    public HandleHeader Header { get; init; }

    /// <summary>
    /// Inline bytes of the slot to add; null adds none and shows the struct as it is.
    /// </summary>
    public int? InlineBytes { get; init; }

    public SlotPlacement Placement { get; init; }

    /// <summary>Also the step table of inline lengths.</summary>
    public bool Sweep { get; init; }
}
