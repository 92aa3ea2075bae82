using HandleCache.Cli.Common;
using HandleCache.Lab.Sweep;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Sweep;

/// <summary>`sweep` as one document.</summary>
internal sealed record SweepDocument(
    int SchemaVersion,
    string How,
    string Answer,
    KernelJson Kernel,
    MixJson Mix,
    SweepDocument.SweepChoices Options,
    SweepDocument.SweepRowJson Best,
    bool BestRefusesMoreThanAllowed,
    SweepDocument.SweepRowJson Today,
    IReadOnlyList<SweepDocument.SweepRowJson> Rows,
    IReadOnlyList<SweepDocument.SweepStepJson> Steps,
    IReadOnlyList<SweepDocument.Simulation>? Simulated)
{
    public static SweepDocument Of(SweepRequest request, SweepResult result) => new(
        JsonOutput.SchemaVersion,
        ProfileSource.Derived,
        SweepAnswer.Of(request, result),
        KernelJson.Of(result.Kernel),
        MixJson.Of(result.Mix),
        new SweepChoices(
            request.FileSystem,
            request.HandlesFile,
            request.Connectable,
            request.Kernel,
            request.Btf?.Path,
            request.Btf?.BasePath,
            result.Kernel.PresentCpus,
            request.Header.Name,
            request.Index.ToString(),
            request.Placement.ToString(),
            [.. request.Strategies.Select(s => s.ToString())],
            request.SpillType == KmallocType.Cgroup,
            request.AllowedRefusedShare,
            request.Inodes,
            request.SimulatedInodes),
        RowOf(request, result.Best),
        result.BestRefuses,
        RowOf(request, result.Today),
        [.. result.Rows.Select(row => RowOf(request, row))],
        [.. result.Steps.Select(step => new SweepStepJson(
            step.FromInlineBytes, step.ToInlineBytes, step.SizeofBytes, step.Inode.TotalBytes,
            step.DeltaBytes, step.Reason))],
        result.Checks.Count == 0 ? null : [.. result.Checks.Select(check => new Simulation(
            check.Row.Strategy.ToString(),
            check.Simulated.Inodes,
            check.Simulated.BytesPerInode,
            check.Row.BytesPerInode,
            check.Difference,
            check.Holds,
            [.. check.Simulated.Caches.Select(c => new Cache(c.Name, c.Objects, c.Slabs))]))]);

    private static SweepRowJson RowOf(SweepRequest request, SweepRow row) => new(
        row.Strategy.ToString(),
        row.Strategy.InlineBytes,
        row.BytesPerInode,
        row.DeltaBytes,
        row.SpilledShare,
        row.RefusedShare,
        row.AllocationsPerInode,
        row.SizeofBytes,
        row.SlotBytes,
        row.ObjectsPerSlab,
        row.PagesBytes,
        row.VectorBytes,
        row.SpillBytes,
        row.SpillVectorBytes,
        row.ForgetLinkBytes,
        request.Inodes * row.BytesPerInode);

    internal sealed record SweepChoices(
        string? Filesystem, string? Handles, bool Connectable, string Kernel, string? Btf,
        string? BtfBase, int Cpus,
        string Header, string Index, string Placement, IReadOnlyList<string> Strategies,
        bool Accounted,
        double AllowRefused, long? Inodes, int Simulate);

    internal sealed record SweepRowJson(
        string Strategy, int InlineBytes, double BytesPerInode, double DeltaBytes,
        double SpilledShare, double RefusedShare, double AllocationsPerInode, int Sizeof,
        int SlabSize, int ObjectsPerSlab, double PagesBytes, double VectorBytes,
        double SpillBytes, double SpillVectorBytes, double ForgetLinkBytes, double? TotalBytes);

    internal sealed record SweepStepJson(
        int FromInlineBytes, int ToInlineBytes, int Sizeof, double BytesPerInode,
        double DeltaBytes, string Reason);

    internal sealed record Simulation(
        string Strategy, long Inodes, double BytesPerInode, double Derived, double Difference,
        bool Holds, IReadOnlyList<Cache> Caches);

    internal sealed record Cache(string Name, long Objects, long Slabs);
}
