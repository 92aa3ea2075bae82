using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Designs;

/// <summary>
/// What it costs and saves to find inodes by handle: on one kernel the link in struct fuse_inode
/// and its table, and in the modelled world the messages after a restart whose server numbers
/// nodeids anew. Derived.
/// </summary>
public static class HandleSearch
{
    /// <summary>Cached names that are used again after the restart.</summary>
    public const int Names = 100;

    /// <summary>
    /// Every way to find by handle, beside the same storage without any; bytes per inode.
    /// </summary>
    internal static IReadOnlyList<IndexCost> Costs(KernelProfile kernel, HandleDesign storage)
    {
        InodeCostModel without = new(kernel, storage with { Index = default });
        return [.. HandleIndex.All.Where(index => index.Kind != HandleIndexKind.None)
            .Select(index => CostOf(new(kernel, storage with { Index = index }), without))];
    }

    /// <summary>
    /// What it takes until every cached name was looked up again, with inodes found by nodeid and
    /// by handle; null for a design whose LOOKUP returns no handle.
    /// </summary>
    internal static SearchTraffic? Traffic(WireDesign design)
    {
        if (!design.ToDialect().ReplyBrings(Protocol.Abi.FuseOpcode.FUSE_LOOKUP))
            return null;
        return new SearchTraffic(
            LookUpAgain(design, byHandle: false), LookUpAgain(design, byHandle: true));
    }

    private static IndexCost CostOf(InodeCostModel model, InodeCostModel without)
    {
        (double least, double most) = model.Design.Index.TableBytes;
        double delta = model.Inode.TotalBytes - without.Inode.TotalBytes;
        return new IndexCost(
            model.Design.Index, model.Layout.SizeBytes, model.Inode.Geometry.SlotBytes,
            model.Inode.Geometry.ObjectsPerSlab, Math.Abs(delta) < 1e-9 ? 0 : delta, least, most);
    }

    private static SearchFigures LookUpAgain(WireDesign design, bool byHandle)
    {
        HandleIdentity identity = design.Identity with { FoundByHandle = byHandle };
        Dialect dialect = (design with { Identity = identity }).ToDialect();
        WorldOptions options = DesignExploration.WorldFor(
            dialect, NodeIdPolicy.PerLife, DesignDefects.None);
        using RestartWorld world = new(options with { Storm = true });
        for (int i = 0; i < Names; i++)
        {
            world.Plant($"d/{i}", isDirectory: false);
            world.Do(new WorldStep("stat", $"d/{i}"));
        }

        WorldTally tally = world.Tally;
        (long requests, long forgets, long made) =
            (tally.Requests, tally.Forgets, tally.InodesMade);
        world.Do(new WorldStep("restart"));
        return new(
            tally.Requests - requests, tally.Forgets - forgets, tally.InodesMade - made);
    }
}

/// <summary>An index by handle on one kernel.</summary>
/// <param name="Index">Which.</param>
/// <param name="SizeofBytes">sizeof struct fuse_inode with handle and link.</param>
/// <param name="SlotBytes">Of the slab.</param>
/// <param name="ObjectsPerSlab">Of the slab.</param>
/// <param name="DeltaBytes">What the link costs per inode, against the same without.</param>
/// <param name="LeastTableBytes">Of the table, per inode.</param>
/// <param name="MostTableBytes">Of the table, per inode.</param>
public sealed record IndexCost(
    HandleIndex Index, int SizeofBytes, int SlotBytes, int ObjectsPerSlab, double DeltaBytes,
    double LeastTableBytes, double MostTableBytes);

/// <summary>
/// A restart with other nodeids, until <see cref="HandleSearch.Names"/> cached names were looked up
/// again.
/// </summary>
/// <param name="ByNodeId">Inodes found by nodeid.</param>
/// <param name="ByHandle">Inodes found by handle.</param>
public sealed record SearchTraffic(SearchFigures ByNodeId, SearchFigures ByHandle);

/// <summary>What it took.</summary>
/// <param name="Requests">FORGETs not counted.</param>
/// <param name="Forgets">FORGETs.</param>
/// <param name="InodesMade">
/// Inodes that were not recognized: pages of the old ones are lost, and files open on them stale.
/// </param>
public sealed record SearchFigures(long Requests, long Forgets, long InodesMade);
