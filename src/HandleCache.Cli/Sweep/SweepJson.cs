using HandleCache.Cli.Common;
using HandleCache.Lab.Sweep;
using HandleCache.Model;
using HandleCache.Model.Mixes;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Sweep;

/// <summary>`sweep` as one document.</summary>
internal static class SweepJson
{
    public static object Of(SweepRequest request, SweepResult result) => new
    {
        JsonOutput.SchemaVersion,
        How = ProfileSource.Derived,
        Answer = SweepAnswer.Of(request, result),
        Kernel = KernelJson.Of(result.Kernel),
        Mix = MixOf(result.Mix),
        Options = new
        {
            Filesystem = request.FileSystem,
            Handles = request.HandlesFile,
            request.Connectable,
            request.Kernel,
            Cpus = result.Kernel.PresentCpus,
            Header = request.Header.Name,
            Placement = request.Placement.ToString(),
            Strategies = request.Strategies.Select(s => s.ToString()),
            AllowRefused = request.AllowedRefusedShare,
            request.Inodes,
            Simulate = request.SimulatedInodes,
        },
        Best = RowOf(request, result.Best),
        BestRefusesMoreThanAllowed = result.BestRefuses,
        Today = RowOf(request, result.Today),
        Rows = result.Rows.Select(row => RowOf(request, row)),
        Steps = result.Steps.Select(step => new
        {
            step.FromInlineBytes,
            step.ToInlineBytes,
            Sizeof = step.SizeofBytes,
            BytesPerInode = step.Inode.TotalBytes,
            step.DeltaBytes,
            step.Reason,
        }),
        Simulated = result.Checks.Count == 0 ? null : result.Checks.Select(check => new
        {
            Strategy = check.Row.Strategy.ToString(),
            check.Simulated.Inodes,
            check.Simulated.BytesPerInode,
            Derived = check.Row.BytesPerInode,
            check.Difference,
            check.Holds,
            Caches = check.Simulated.Caches.Select(c => new { c.Name, c.Objects, c.Slabs }),
        }),
    };

    public static object MixOf(HandleMix mix) => new
    {
        mix.Name,
        mix.How,
        mix.Origin,
        mix.Objects,
        Lengths = mix.Lengths.Select(row => new
        {
            Type = $"0x{row.Type:x}",
            row.Bytes,
            row.Share,
        }),
    };

    private static object RowOf(SweepRequest request, SweepRow row) => new
    {
        Strategy = row.Strategy.ToString(),
        InlineBytes = row.Strategy.InlineBytes,
        row.BytesPerInode,
        row.DeltaBytes,
        row.SpilledShare,
        row.RefusedShare,
        row.AllocationsPerInode,
        Sizeof = row.SizeofBytes,
        SlabSize = row.SlotBytes,
        row.ObjectsPerSlab,
        row.PagesBytes,
        row.VectorBytes,
        row.SpillBytes,
        row.SpillVectorBytes,
        row.ForgetLinkBytes,
        TotalBytes = request.Inodes is { } inodes ? inodes * row.BytesPerInode : (double?)null,
    };
}
