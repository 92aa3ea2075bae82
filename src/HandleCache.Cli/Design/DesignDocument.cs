using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Designs;
using HandleCache.Model;

namespace HandleCache.Cli.Design;

/// <summary>`design` as one document.</summary>
internal sealed record DesignDocument(
    int SchemaVersion, string How, string Answer, string Design, string Summary, string Repeat,
    string StructText, MixJson Mix, IReadOnlyList<DesignDocument.KernelRows> Memory,
    IReadOnlyList<CompareDocument.CompareRowJson> Rows, IReadOnlyList<QuestionRow> Questions,
    IReadOnlyList<DesignDocument.FindingJson> Findings, DesignDocument.SafetyJson Safety,
    DesignDocument.SearchJson Search, ShardJson? Shard)
{
    public static DesignDocument Of(DesignRequest request, DesignResult result) => new(
        JsonOutput.SchemaVersion,
        ProfileSource.Derived,
        DesignText.Answer(result),
        result.Design.Name,
        result.Design.Summary,
        DesignText.Repeat(request),
        DesignPatch.InMemory(result.Design.Storage, result.Costs[0].Kernel),
        MixJson.Of(result.Mix),
        [.. result.Costs.Select(c => new KernelRows(
            KernelJson.Of(c.Kernel), c.TodayBytes,
            [.. c.Designs.Select(d => new StorageRow(
                d.Design, d.Strategy.ToString(), d.Layout.SizeBytes, d.Geometry.SlotBytes,
                d.Geometry.Order, d.Geometry.ObjectsPerSlab, d.DeltaBytes, d.SpilledShare,
                d.RefusedShare, d.Allocations, d.FreeInlineBytes))],
            [.. c.Indexes.Select(i => new IndexRow(
                i.Index.ToString(), i.Index.NodeBytes, i.SizeofBytes, i.SlotBytes,
                i.ObjectsPerSlab, i.DeltaBytes, i.LeastTableBytes, i.MostTableBytes))]))],
        [.. result.Rows.Select(CompareDocument.RowOf)],
        result.Questions,
        [.. result.Findings.Select(f => new FindingJson(
            f.Item, f.Name, f.Setting, f.Description, f.Steps, f.NodeIds?.ToString(), f.With,
            f.Without))],
        new SafetyJson(
            result.Safety.Unsafe is null, result.Safety.Histories, result.Safety.MostSteps,
            result.Safety.RandomHistories, result.Safety.Seed, result.Safety.Unsafe?.Steps,
            result.Safety.Unsafe?.Outcome),
        new SearchJson(
            result.Design.Storage.Index.ToString(), HandleSearch.Names,
            result.Search?.ByNodeId, result.Search?.ByHandle),
        ShardJson.From("design", request.Shard));

    internal sealed record KernelRows(
        KernelJson Kernel, double TodayBytes, IReadOnlyList<StorageRow> Designs,
        IReadOnlyList<IndexRow> Indexes);

    internal sealed record IndexRow(
        string Index, int NodeBytes, int SizeofBytes, int SlotBytes, int ObjectsPerSlab,
        double DeltaBytes, double LeastTableBytes, double MostTableBytes);

    internal sealed record SearchJson(
        string Index, int Names, SearchFigures? ByNodeId, SearchFigures? ByHandle);

    internal sealed record StorageRow(
        string Design, string Strategy, int SizeofBytes, int SlotBytes, int Order,
        int ObjectsPerSlab, double DeltaBytes, double SpilledShare, double RefusedShare,
        double Allocations, int? FreeInlineBytes);

    internal sealed record FindingJson(
        int Item, string Name, string Setting, string Description, IReadOnlyList<string> Steps,
        string? NodeIds, string With, string Without);

    internal sealed record SafetyJson(
        bool Safe, int Histories, int MostSteps, int RandomHistories, ulong Seed,
        IReadOnlyList<string>? Steps, string? Outcome);
}
