using HandleCache.Cli.Common;
using HandleCache.Lab.Memory;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>
/// `layout` as one document. Offsets of nested members are from the struct's start.
/// </summary>
internal sealed record LayoutDocument(
    int SchemaVersion,
    string Struct,
    string StructHow,
    string? CostHow,
    KernelJson Kernel,
    LayoutDocument.LayoutChoices Options,
    int Sizeof,
    int? SlabSize,
    int? Order,
    int? ObjectsPerSlab,
    int? FreeTail,
    int? Leftover,
    LayoutDocument.LayoutCostJson? BytesPerInode,
    LayoutDocument.Unchanged Today,
    double? DeltaBytes,
    IReadOnlyList<LayoutDocument.Member> Members,
    IReadOnlyList<LayoutDocument.Hole> Holes,
    IReadOnlyList<LayoutDocument.LayoutStepJson>? Steps,
    IReadOnlyList<LayoutDocument.LengthJson>? Lengths,
    IReadOnlyList<LayoutDocument.MatrixJson>? Matrix)
{
    public static LayoutDocument Of(LayoutRequest request, LayoutResult result)
    {
        ObjectCost? cost = result.Cost;
        SlabGeometry? g = cost?.Geometry;
        SlabGeometry? today = result.TodayCost?.Geometry;
        return new LayoutDocument(
            JsonOutput.SchemaVersion,
            result.Layout.Name,
            result.LayoutHow,
            cost is null ? null : ProfileSource.Derived,
            KernelJson.Of(result.Kernel),
            new LayoutChoices(
                request.Header.Name,
                request.InlineBytes,
                request.InlineLengths.Count > 1 ? request.InlineLengths : null,
                request.Placement.ToString(),
                request.Btf?.Path,
                request.Btf?.BasePath,
                request.Sweep),
            result.Layout.SizeBytes,
            g?.SlotBytes,
            g?.Order,
            g?.ObjectsPerSlab,
            g?.FreeTailBytes,
            g?.LeftoverBytes,
            CostOf(cost, result.ForgetLink),
            new Unchanged(
                result.Today.SizeBytes,
                today?.SlotBytes,
                today?.Order,
                today?.ObjectsPerSlab,
                today?.FreeTailBytes,
                CostOf(result.TodayCost, result.ForgetLink)),
            cost is null ? null : result.DeltaBytes,
            [.. result.Layout.Members.Select(m => MemberOf(m, 0))],
            [.. result.Layout.Holes().Select(h => new Hole(
                h.BitOffset / 8,
                h.BitOffset,
                h.Bits,
                h.AfterMember == result.Layout.Members.Count - 1))],
            request.Sweep ? [.. result.Steps.Select(StepOf)] : null,
            result.Lengths.Count == 0 ? null : [.. result.Lengths.Select(LengthOf)],
            result.Matrix.Count == 0 ? null : [.. result.Matrix.Select(MatrixOf)]);
    }

    private static LengthJson LengthOf(LengthRow row) => new(
        row.InlineBytes, row.OffsetBytes, row.Layout.SizeBytes, row.Cost.Geometry.SlotBytes,
        row.Cost.Geometry.Order, row.Cost.Geometry.ObjectsPerSlab,
        row.Cost.Geometry.FreeTailBytes, row.Cost.TotalBytes, row.DeltaBytes);

    private static MatrixJson MatrixOf(MatrixRow row) => new(
        row.Dax, row.Passthrough, row.Memcg, row.Cpus, row.IsOwn, row.SizeofBytes,
        row.Today.Geometry.SlotBytes, row.Today.TotalBytes, row.WithSlot.Geometry.SlotBytes,
        row.WithSlot.TotalBytes, row.DeltaBytes);

    private static LayoutCostJson? CostOf(ObjectCost? cost, ObjectCost? forgetLink) =>
        cost is not { } inode || forgetLink is not { } forget
            ? null
            : new LayoutCostJson(
                inode.PagesBytes,
                inode.VectorBytes,
                forget.TotalBytes,
                inode.TotalBytes + forget.TotalBytes);

    private static Member MemberOf(StructMember member, long baseBits)
    {
        long bits = baseBits + member.BitOffset;
        bool bitField = member.BitFieldBits != 0;
        return new Member(
            member.Name,
            member.TypePrefix + member.TypeSuffix,
            bits / 8,
            member.SizeBytes,
            member.AlignBytes,
            bitField ? bits : null,
            bitField ? member.BitFieldBits : null,
            member.Added ? true : null,
            member.Members.Count == 0
                ? null
                : [.. member.Members.Select(m => MemberOf(m, bits))]);
    }

    private static LayoutStepJson StepOf(InodeStep step) => new(
        step.FromInlineBytes,
        step.ToInlineBytes,
        step.SizeofBytes,
        step.Inode.Geometry.SlotBytes,
        step.Inode.Geometry.Order,
        step.Inode.Geometry.ObjectsPerSlab,
        step.Inode.Geometry.FreeTailBytes,
        step.Inode.TotalBytes,
        step.DeltaBytes,
        step.Reason);

    internal sealed record LayoutChoices(
        string Header, int? InlineBytes, IReadOnlyList<int>? InlineLengths, string Placement,
        string? Btf, string? BtfBase, bool Sweep);

    internal sealed record LayoutCostJson(
        double Pages, double Vector, double ForgetLink, double Total);

    internal sealed record Unchanged(
        int Sizeof, int? SlabSize, int? Order, int? ObjectsPerSlab, int? FreeTail,
        LayoutCostJson? BytesPerInode);

    internal sealed record Member(
        string? Name, string Type, long Offset, long Size, int Align, long? BitOffset,
        int? BitSize, bool? Added, IReadOnlyList<Member>? Members);

    internal sealed record Hole(long Offset, long BitOffset, long Bits, bool AtEnd);

    /// <summary>Bytes per inode are without forget link.</summary>
    internal sealed record LengthJson(
        int InlineBytes, int Offset, int Sizeof, int SlabSize, int Order, int ObjectsPerSlab,
        int FreeTail, double BytesPerInode, double DeltaBytes);

    /// <summary>Bytes per inode, without forget link; today is without the slot.</summary>
    internal sealed record MatrixJson(
        bool Dax, bool Passthrough, bool Memcg, int PresentCpus, bool Own, int Sizeof,
        int TodaySlabSize, double TodayBytes, int SlabSize, double BytesPerInode,
        double DeltaBytes);

    internal sealed record LayoutStepJson(
        int FromInlineBytes, int ToInlineBytes, int Sizeof, int SlabSize, int Order,
        int ObjectsPerSlab, int FreeTail, double BytesPerInode, double DeltaBytes,
        string Reason);
}
