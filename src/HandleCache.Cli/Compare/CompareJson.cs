using HandleCache.Cli.Common;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;
using HandleCache.Model;
using HandleCache.Server.Sessions;

namespace HandleCache.Cli.Compare;

/// <summary>`compare` as one document.</summary>
internal static class CompareJson
{
    public static object Of(CompareRequest request, CompareResult result) => new
    {
        JsonOutput.SchemaVersion,
        How = ProfileSource.Derived,
        Answer = CompareText.Answer(result),
        Kernel = KernelJson.Of(result.Kernel),
        Mix = SweepJson.MixOf(result.Mix),
        Options = new
        {
            Filesystem = request.FileSystem,
            Handles = request.HandlesFile,
            request.Kernel,
            Cpus = result.Kernel.PresentCpus,
            Dialects = result.Rows.Select(row => row.Name),
            Names = request.DirectoryNames,
            request.NameBytes,
            Files = request.StatFiles,
        },
        Rows = result.Rows.Select(row => new
        {
            Dialect = row.Name,
            row.CarriesHandles,
            row.MaxHandleBytes,
            Operations = row.Operations.Select(o => new
            {
                Opcode = o.Opcode.ToString(),
                o.BringsHandle,
                o.BringsParent,
                o.ReplyBytes,
                o.ReservedBytes,
                o.RequestExtraBytes,
            }),
            row.Listings,
            row.FindRequests,
            ColdStat = row.ColdStatRequests,
            ExpiredStat = row.ExpiredStatRequests,
            WarmStat = row.WarmStatRequests,
            row.Storage,
            row.StorageDeltaBytes,
            row.AllocationsPerLookup,
            row.CopiesPerLookup,
            row.Restart,
        }),
        result.Questions,
        Defects = result.Defects.Select(d => new
        {
            d.Item,
            d.Name,
            d.Description,
            d.Sequence,
            d.With,
            d.Without,
            d.Shown,
        }),
    };
}
