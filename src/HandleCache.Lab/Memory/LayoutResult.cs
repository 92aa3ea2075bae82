using HandleCache.Model.Slab;

namespace HandleCache.Lab.Memory;

/// <summary>A struct with the slot placed, and what it costs; costs only for fuse_inode.</summary>
/// <param name="Kernel">The kernel reckoned with.</param>
/// <param name="Today">The struct as it is.</param>
/// <param name="Layout">The struct with the slot, or as it is.</param>
/// <param name="LayoutHow">"measured" (BTF) or "derived" (profile).</param>
/// <param name="Cost">Slab cost with the slot, derived; null for another struct.</param>
/// <param name="TodayCost">Slab cost as it is; null for another struct.</param>
/// <param name="ForgetLink">The inode's fuse_forget_link; null for another struct.</param>
/// <param name="Steps">Step table where it was asked for.</param>
public sealed record LayoutResult(
    KernelProfile Kernel, StructLayout Today, StructLayout Layout, string LayoutHow,
    ObjectCost? Cost, ObjectCost? TodayCost, ObjectCost? ForgetLink,
    IReadOnlyList<InodeStep> Steps)
{
    /// <summary>A row for each inline length, where several were asked for.</summary>
    public IReadOnlyList<LengthRow> Lengths { get; init; } = [];

    /// <summary>The configurations, where they were asked for.</summary>
    public IReadOnlyList<MatrixRow> Matrix { get; init; } = [];

    /// <summary>Bytes per inode against today's.</summary>
    public double DeltaBytes => (Cost?.TotalBytes ?? 0) - (TodayCost?.TotalBytes ?? 0);
}

/// <summary>The struct with a slot of one inline length; cost derived.</summary>
/// <param name="InlineBytes">The length.</param>
/// <param name="Layout">The struct with the slot.</param>
/// <param name="Cost">Slab cost of the inode, without forget link.</param>
/// <param name="DeltaBytes">Per inode, against today.</param>
public sealed record LengthRow(
    int InlineBytes, StructLayout Layout, ObjectCost Cost, double DeltaBytes)
{
    /// <summary>Where the slot lies, in bytes.</summary>
    public int OffsetBytes => Layout.Members.Single(m => m.Added).OffsetBytes;
}

/// <summary>One object's geometry, derived.</summary>
public sealed record SlabResult(KernelProfile Kernel, SlabObject SlabObject, ObjectCost Cost);
