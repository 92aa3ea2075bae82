using HandleCache.Cli.Common;
using HandleCache.Lab.Memory;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Slab;

/// <summary>`slab` as one document.</summary>
internal sealed record SlabDocument(
    int SchemaVersion,
    string How,
    KernelJson Kernel,
    SlabDocument.SlabChoices Options,
    int ObjectSize,
    int Align,
    int AlignedObjectSize,
    FreePointerPlace FreePointer,
    int PayloadSize,
    int SlabSize,
    int FreeTail,
    int CpusReckoned,
    int MinObjects,
    int FirstOrder,
    int Fraction,
    int Order,
    int SlabBytes,
    int ObjectsPerSlab,
    int Leftover,
    SlabDocument.SlabCostJson BytesPerObject,
    SlabDocument.ObjectVector Vector)
{
    public static SlabDocument Of(SlabResult result)
    {
        SlabObject given = result.SlabObject;
        SlabGeometry g = result.Cost.Geometry;
        MemcgVector vector = result.Cost.Vector;
        return new SlabDocument(
            JsonOutput.SchemaVersion,
            ProfileSource.Derived,
            KernelJson.Of(result.Kernel),
            new SlabChoices(
                given.AlignBytes, given.HwCacheAlign, given.Ctor, given.Rcu,
                given.FreePointerGiven, given.Account),
            given.ObjectBytes,
            g.AlignBytes,
            g.AlignedObjectBytes,
            g.FreePointer,
            g.PayloadBytes,
            g.SlotBytes,
            g.FreeTailBytes,
            g.Search.Cpus,
            g.Search.MinObjects,
            g.Search.FirstOrder,
            g.Search.Fraction,
            g.Order,
            g.SlabBytes,
            g.ObjectsPerSlab,
            g.LeftoverBytes,
            new SlabCostJson(
                result.Cost.PagesBytes,
                result.Cost.VectorBytes,
                result.Cost.TotalBytes,
                result.Cost.ChargeBytes(result.Kernel)),
            new ObjectVector(vector.Placement, vector.VectorBytes, vector.KmallocClassBytes));
    }

    internal sealed record SlabChoices(
        int AlignBytes, bool HwcacheAlign, bool Ctor, bool Rcu, bool Freeptr, bool Account);

    internal sealed record SlabCostJson(double Pages, double Vector, double Total, double Charged);

    internal sealed record ObjectVector(
        VectorPlacement Placement, int Bytes, int KmallocClassBytes);
}

/// <summary>`slab --verify` as one document.</summary>
internal sealed record SlabVerifyDocument(
    int SchemaVersion,
    string Verdict,
    KernelJson Kernel,
    int Caches,
    int Aliases,
    int Exact,
    IReadOnlyList<SlabVerifyDocument.SlabVerifyRowJson> Flagged,
    IReadOnlyList<SlabVerifyDocument.SlabVerifyRowJson> Mismatches)
{
    public static SlabVerifyDocument Of(SlabVerifyResult result) => new(
        JsonOutput.SchemaVersion,
        result.Holds ? "match" : "diverge",
        KernelJson.Of(result.Kernel),
        result.Rows.Count,
        result.Aliases,
        result.Exact,
        [.. result.Flagged.Select(RowOf)],
        [.. result.Mismatches.Select(RowOf)]);

    private static SlabVerifyRowJson RowOf(SlabVerifyRow row) => new(
        row.Name, row.ObjectSize, row.Align, row.Measured, row.Derived, row.Reason);

    internal sealed record SlabVerifyRowJson(
        string Name, int ObjectSize, int Align, SlabShape Measured, SlabShape Derived,
        string? Reason);
}
