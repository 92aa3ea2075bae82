using HandleCache.Cli.Common;
using HandleCache.Lab.Memory;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>
/// `layout` as one document. Offsets of nested members are from the struct's start.
/// </summary>
internal static class LayoutJson
{
    public static object Of(LayoutRequest request, LayoutResult result)
    {
        ObjectCost? cost = result.Cost;
        SlabGeometry? g = cost?.Geometry;
        return new
        {
            JsonOutput.SchemaVersion,
            Struct = result.Layout.Name,
            StructHow = result.LayoutHow,
            CostHow = cost is null ? null : ProfileSource.Derived,
            Kernel = KernelJson.Of(result.Kernel),
            Options = new
            {
                Header = request.Header.Name,
                request.InlineBytes,
                Placement = request.Placement.ToString(),
                Btf = request.BtfPath,
                request.Sweep,
            },
            Sizeof = result.Layout.SizeBytes,
            SlabSize = g?.SlotBytes,
            g?.Order,
            g?.ObjectsPerSlab,
            FreeTail = g?.FreeTailBytes,
            Leftover = g?.LeftoverBytes,
            BytesPerInode = CostJson(cost, result.ForgetLink),
            Today = new
            {
                Sizeof = result.Today.SizeBytes,
                SlabSize = result.TodayCost?.Geometry.SlotBytes,
                ObjectsPerSlab = result.TodayCost?.Geometry.ObjectsPerSlab,
                FreeTail = result.TodayCost?.Geometry.FreeTailBytes,
                BytesPerInode = CostJson(result.TodayCost, result.ForgetLink),
            },
            DeltaBytes = cost is null ? (double?)null : result.DeltaBytes,
            Members = result.Layout.Members.Select(m => MemberJson(m, 0)),
            Holes = result.Layout.Holes().Select(h => new
            {
                Offset = h.BitOffset / 8,
                h.BitOffset,
                h.Bits,
                AtEnd = h.AfterMember == result.Layout.Members.Count - 1,
            }),
            Steps = request.Sweep ? result.Steps.Select(StepJson) : null,
        };
    }

    private static object? CostJson(ObjectCost? cost, ObjectCost? forgetLink) =>
        cost is not { } inode || forgetLink is not { } forget
            ? null
            : new
            {
                Pages = inode.PagesBytes,
                Vector = inode.VectorBytes,
                ForgetLink = forget.TotalBytes,
                Total = inode.TotalBytes + forget.TotalBytes,
            };

    private static object MemberJson(StructMember member, long baseBits)
    {
        long bits = baseBits + member.BitOffset;
        bool bitField = member.BitFieldBits != 0;
        return new
        {
            member.Name,
            Type = member.TypePrefix + member.TypeSuffix,
            Offset = bits / 8,
            Size = member.SizeBytes,
            Align = member.AlignBytes,
            BitOffset = bitField ? bits : (long?)null,
            BitSize = bitField ? member.BitFieldBits : (int?)null,
            Added = member.Added ? true : (bool?)null,
            Members = member.Members.Count == 0
                ? null
                : member.Members.Select(m => MemberJson(m, bits)),
        };
    }

    private static object StepJson(InodeStep step) => new
    {
        step.FromInlineBytes,
        step.ToInlineBytes,
        Sizeof = step.SizeofBytes,
        SlabSize = step.Inode.Geometry.SlotBytes,
        step.Inode.Geometry.Order,
        step.Inode.Geometry.ObjectsPerSlab,
        FreeTail = step.Inode.Geometry.FreeTailBytes,
        BytesPerInode = step.Inode.TotalBytes,
        step.DeltaBytes,
        step.Reason,
    };
}
