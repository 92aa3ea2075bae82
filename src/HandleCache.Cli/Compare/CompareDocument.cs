using HandleCache.Cli.Common;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Restart;
using HandleCache.Model;

namespace HandleCache.Cli.Compare;

/// <summary>`compare` as one document.</summary>
internal sealed record CompareDocument(
    int SchemaVersion,
    string How,
    string Answer,
    KernelJson Kernel,
    MixJson Mix,
    CompareDocument.CompareChoices Options,
    IReadOnlyList<CompareDocument.CompareRowJson> Rows,
    IReadOnlyList<QuestionRow> Questions,
    IReadOnlyList<BackingRule> Backing,
    IReadOnlyList<CompareDocument.Defect> Defects)
{
    public static CompareDocument Of(CompareRequest request, CompareResult result) => new(
        JsonOutput.SchemaVersion,
        ProfileSource.Derived,
        CompareText.Answer(result),
        KernelJson.Of(result.Kernel),
        MixJson.Of(result.Mix),
        new CompareChoices(
            request.FileSystem,
            request.HandlesFile,
            request.Kernel,
            result.Kernel.PresentCpus,
            [.. result.Rows.Select(row => row.Name)],
            request.DirectoryNames,
            request.NameBytes,
            request.StatFiles),
        [.. result.Rows.Select(RowOf)],
        result.Questions,
        BackingRule.All,
        [.. result.Defects.Select(d => new Defect(
            d.Item, d.Name, d.Description, d.Sequence, d.With, d.Without, d.Shown))]);

    internal static CompareRowJson RowOf(DialectRow row) => new(
        row.Name,
        row.CarriesHandles,
        row.MaxHandleBytes,
        [.. row.Operations.Select(o => new Operation(
            o.Opcode.ToString(), o.BringsHandle, o.BringsParent, o.ReplyBytes, o.ReservedBytes,
            o.RequestExtraBytes))],
        row.Listings,
        row.FindRequests,
        row.ColdStatRequests,
        row.ExpiredStatRequests,
        row.WarmStatRequests,
        row.Storage,
        row.StorageDeltaBytes,
        row.AllocationsPerLookup,
        row.CopiesPerLookup,
        row.Restart);

    internal sealed record CompareChoices(
        string? Filesystem, string? Handles, string Kernel, int Cpus,
        IReadOnlyList<string> Dialects, int Names, int NameBytes, int Files);

    internal sealed record CompareRowJson(
        string Dialect, bool CarriesHandles, int MaxHandleBytes,
        IReadOnlyList<Operation> Operations, IReadOnlyList<ListingRow> Listings,
        long FindRequests, long ColdStat, long ExpiredStat, long WarmStat, string Storage,
        double StorageDeltaBytes, double AllocationsPerLookup, int CopiesPerLookup,
        RestartFigures Restart);

    internal sealed record Operation(
        string Opcode, bool BringsHandle, bool BringsParent, double ReplyBytes,
        int ReservedBytes, double RequestExtraBytes);

    internal sealed record Defect(
        int Item, string Name, string Description, string Sequence, string With,
        string Without, bool Shown);
}
