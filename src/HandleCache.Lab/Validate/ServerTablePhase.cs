using HandleCache.Model.Inodes;
using HandleCache.Server.Passthrough;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Compares the server's own table of nodes with what the tap has counted of its traffic: a
/// lookup that the server forgets to count, or a FORGET that it ignores, is in no request.
/// </summary>
internal static class ServerTablePhase
{
    /// <summary>Longest wait for what is on its way to the server.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A nodeid and its lookups.</summary>
    internal readonly record struct Counted(ulong NodeId, ulong Lookups);

    /// <summary>At a moment when no client is at work.</summary>
    public static void Run(Stage stage, PassthroughFileSystem server)
    {
        Counted[] model = [];
        string? difference = null;
        Stage.WaitFor(
            () =>
            {
                model = stage.Mirror.Inspect(Counts);
                difference = Difference(
                    model, server.NLookup, server.NodeCount - server.RememberedCount - 1);
                return difference is null;
            },
            Patience);
        stage.Ledger.Hold(ValidateChecks.ServerTable, model.Length);
        if (difference is not null)
            stage.Ledger.Fail(ValidateChecks.ServerTable, $"{stage.Name}: {difference}");
    }

    /// <summary>The first difference in words; null when there is none.</summary>
    /// <param name="model">What the tap has counted, the root left out.</param>
    /// <param name="lookupsOf">The server's count of a nodeid.</param>
    /// <param name="nodes">Nodes that the server holds lookups of, the root left out.</param>
    internal static string? Difference(
        IReadOnlyList<Counted> model, Func<ulong, ulong> lookupsOf, int nodes)
    {
        foreach (Counted one in model)
        {
            ulong server = lookupsOf(one.NodeId);
            if (server != one.Lookups)
            {
                return $"the kernel was given {one.Lookups} lookups of nodeid {one.NodeId}, the "
                    + $"server has counted {server}";
            }
        }

        return nodes == model.Count
            ? null
            : $"the kernel has {model.Count} nodeids, the server counts lookups of {nodes}";
    }

    private static Counted[] Counts(FuseInodeCache cache) =>
        [.. cache.NodeIds().Select(nodeid => new Counted(nodeid, cache.Held(nodeid)))];
}
