using HandleCache.Lab.Differential;
using HandleCache.Lab.Workload;
using HandleCache.Model.Inodes;
using HandleCache.Protocol;

namespace HandleCache.Lab.Validate;

/// <summary>What open_by_handle_at does on the mount, cached and after eviction (R14).</summary>
internal static class ExportPhase
{
    private const int Sampled = 64;

    /// <param name="plan">The run.</param>
    /// <param name="stage">The mount.</param>
    /// <param name="known">Objects whose handles the mount has given.</param>
    /// <param name="evictor">Makes them go.</param>
    /// <param name="servesForgotten">
    /// The server remembers nodeids after FORGET and offers FUSE_EXPORT_SUPPORT.
    /// </param>
    public static void Run(
        StagePlan plan,
        Stage stage,
        IReadOnlyList<KnownObject> known,
        Evictor evictor,
        bool servesForgotten)
    {
        KnownObject[] sample = Sample(plan.Options.Seed, known);
        if (sample.Length == 0)
            return;
        ExpectCached(plan, stage, sample);
        plan.Cancel.ThrowIfCancellationRequested();

        ulong[] nodeids = [.. sample.Select(o => o.NodeId).Distinct()];
        if (!evictor.Evict(nodeids, NamesOf(sample, known)))
        {
            plan.Notes.Add(
                $"{stage.Name}: the kernel kept some of {nodeids.Length} inodes after "
                + $"{evictor.Means}; only evicted ones are compared");
            HashSet<ulong> kept = stage.Mirror.Inspect(
                cache => nodeids.Where(n => cache.Held(n) > 0).ToHashSet());
            sample = [.. sample.Where(o => !kept.Contains(o.NodeId))];
            if (sample.Length == 0)
            {
                stage.Ledger.Fail(ValidateChecks.ExportHandle,
                    $"{stage.Name}: none of {nodeids.Length} inodes was evicted, the first "
                    + $"nodeid {nodeids[0]}: nothing to compare");
            }
        }

        Expect(stage, sample, "evicted", expectStale: !servesForgotten);
    }

    /// <summary>Parent and name of objects, for eviction by INVAL_ENTRY.</summary>
    public static List<EvictName> NamesOf(
        IEnumerable<KnownObject> objects, IReadOnlyList<KnownObject> known)
    {
        Dictionary<string, ulong> byPath = known
            .GroupBy(o => o.Path).ToDictionary(g => g.Key, g => g.First().NodeId);
        byPath[""] = FuseInodeCache.RootNodeId;
        List<EvictName> names = [];
        foreach (KnownObject one in objects)
        {
            int slash = one.Path.LastIndexOf('/');
            string parent = slash < 0 ? "" : one.Path[..slash];
            if (byPath.TryGetValue(parent, out ulong nodeid))
                names.Add(new EvictName(nodeid, one.Path[(slash + 1)..]));
        }

        return names;
    }

    /// <summary>
    /// Objects with distinct nodeids, without directories that hold others of them.
    /// </summary>
    private static KnownObject[] Sample(ulong seed, IReadOnlyList<KnownObject> known)
    {
        HashSet<string> parents = [.. known.Select(o => o.Path)
            .Where(p => p.Contains('/')).Select(p => p[..p.LastIndexOf('/')])];
        KnownObject[] leaves = [.. known
            .Where(o => o.NodeId != 0 && o.Path.Length > 0 && !parents.Contains(o.Path))
            .DistinctBy(o => o.NodeId)];
        new SplitMix64(seed).Shuffle(leaves.AsSpan());
        return leaves[..Math.Min(Sampled, leaves.Length)];
    }

    /// <summary>
    /// An inode that the kernel has evicted on its own, as its FORGET shows, is stale rightly: it
    /// is looked up and asked for once more.
    /// </summary>
    private static void ExpectCached(StagePlan plan, Stage stage, KnownObject[] sample)
    {
        for (int attempt = 1; sample.Length > 0; attempt++)
        {
            ReclaimWatch watch = new();
            OpenHandlesReply reply = Open(stage, sample);
            List<KnownObject> evicted = [];
            for (int i = 0; i < sample.Length; i++)
            {
                if (reply.Handles[i].Errno == "ESTALE" && plan.Disturbances.MayExplain(watch)
                    && stage.IsForgotten(sample[i].NodeId))
                {
                    evicted.Add(sample[i]);
                }
                else
                {
                    Compare(stage, sample[i], reply.Handles[i], "cached", expectStale: false);
                }
            }

            if (attempt == Disturbances.Attempts && evicted.Count > 0)
            {
                plan.Disturbances.GiveUp(
                    ValidateChecks.ExportHandle,
                    $"{stage.Name}: open_by_handle_at of {evicted[0].Path}, cached", watch);
                return;
            }

            sample = [.. evicted.Select(one => HandlePhase.Look(stage, one.Path))
                .OfType<KnownObject>()];
        }
    }

    private static void Expect(Stage stage, KnownObject[] sample, string state, bool expectStale)
    {
        OpenHandlesReply reply = Open(stage, sample);
        for (int i = 0; i < sample.Length; i++)
            Compare(stage, sample[i], reply.Handles[i], state, expectStale);
    }

    private static OpenHandlesReply Open(Stage stage, KnownObject[] sample) => stage.Ask(
        new OpenHandlesRequest(stage.Root, [.. sample.Select(o => o.Exported)]));

    private static void Compare(
        Stage stage, KnownObject wanted, OpenedHandle got, string state, bool expectStale)
    {
        bool holds = expectStale
            ? got.Errno == "ESTALE"
            : got.Errno is null && got.Ino == wanted.Ino;
        string expected = expectStale ? "ESTALE" : $"inode {wanted.Ino}";
        stage.Ledger.Compare(ValidateChecks.ExportHandle, holds, () =>
            $"{stage.Name}: open_by_handle_at of {wanted.Path} (nodeid {wanted.NodeId}, "
            + $"{state}): expected {expected}, got {got.Errno ?? $"inode {got.Ino}"}");
    }
}
