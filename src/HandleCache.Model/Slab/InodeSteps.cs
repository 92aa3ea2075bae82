namespace HandleCache.Model.Slab;

/// <summary>
/// The step table of inline lengths: the cost of an inode changes only where a slot, a count of
/// objects or the place of the memcg vector does.
/// </summary>
public static class InodeSteps
{
    /// <summary>
    /// Steps for lengths 0 to <paramref name="maxInlineBytes"/> of a slot that also holds the
    /// reference to an external buffer, beside the link of an index by handle.
    /// </summary>
    public static IReadOnlyList<InodeStep> Of(
        KernelProfile kernel, HandleHeader header, SlotPlacement placement,
        int maxInlineBytes = InodeStep.MaxInlineBytes, HandleIndex index = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        StructLayout today = kernel.FuseInodeLayout();
        ObjectCost before = CostOf(kernel, today.SizeBytes);
        double todayBytes = before.TotalBytes;
        List<InodeStep> steps = [];
        for (int inline = 0; inline <= maxInlineBytes; inline++)
        {
            HandleSlotLayout slot = new(header, inline, false, true);
            int size = index.PlaceIn(today, slot, placement).SizeBytes;
            ObjectCost cost = CostOf(kernel, size);
            if (steps.Count > 0 && SameCost(steps[^1].Inode, cost))
            {
                steps[^1] = steps[^1] with { ToInlineBytes = inline };
                continue;
            }

            ObjectCost previous = steps.Count > 0 ? steps[^1].Inode : before;
            steps.Add(new InodeStep(
                inline, inline, size, cost, cost.TotalBytes - todayBytes,
                Reason(kernel, previous, cost, steps.Count == 0)));
        }

        return steps;
    }

    private static ObjectCost CostOf(KernelProfile kernel, int sizeBytes) =>
        ObjectCost.Of(kernel, KernelProfile.FuseInodeCache(sizeBytes));

    /// <summary>
    /// A larger slot that still leaves as many objects in as many pages is no step.
    /// </summary>
    private static bool SameCost(ObjectCost a, ObjectCost b) =>
        a.Geometry.Order == b.Geometry.Order
        && a.Geometry.ObjectsPerSlab == b.Geometry.ObjectsPerSlab
        && a.Vector == b.Vector;

    private static string Reason(
        KernelProfile kernel, ObjectCost was, ObjectCost now, bool first)
    {
        List<string> parts = [];
        if (was.Geometry.SlotBytes != now.Geometry.SlotBytes)
            parts.Add($"slot {was.Geometry.SlotBytes}->{now.Geometry.SlotBytes}");
        if (was.Geometry.Order != now.Geometry.Order)
            parts.Add($"order {was.Geometry.Order}->{now.Geometry.Order}");
        if (was.Geometry.ObjectsPerSlab != now.Geometry.ObjectsPerSlab)
            parts.Add($"objects {was.Geometry.ObjectsPerSlab}->{now.Geometry.ObjectsPerSlab}");
        string vectorWas = VectorText(kernel, was.Vector);
        string vectorNow = VectorText(kernel, now.Vector);
        if (!string.Equals(vectorWas, vectorNow, StringComparison.Ordinal))
            parts.Add($"vector {vectorWas}->{vectorNow}");
        if (parts.Count == 0)
            return first ? "fits the free tail" : "vector shared by fewer objects";
        return string.Join(", ", parts);
    }

    private static string VectorText(KernelProfile kernel, MemcgVector vector) =>
        vector.Placement switch
        {
            VectorPlacement.Leftover => "leftover",
            VectorPlacement.Padding => "padding",
            VectorPlacement.Kmalloc =>
                Kmalloc.CacheName(kernel, vector.KmallocClassBytes, KmallocType.Normal),
            _ => "none",
        };
}

/// <summary>A range of inline lengths that all cost the same.</summary>
/// <param name="FromInlineBytes">First length of the range.</param>
/// <param name="ToInlineBytes">Last length of the range.</param>
/// <param name="SizeofBytes">sizeof struct fuse_inode at the first length.</param>
/// <param name="Inode">Slab geometry and cost of the inode.</param>
/// <param name="DeltaBytes">Per inode, against today.</param>
/// <param name="Reason">What changed from the range before.</param>
public readonly record struct InodeStep(
    int FromInlineBytes, int ToInlineBytes, int SizeofBytes, ObjectCost Inode, double DeltaBytes,
    string Reason)
{
    /// <summary>Longest inline length a step table covers, in bytes.</summary>
    public const int MaxInlineBytes = 160;
}
