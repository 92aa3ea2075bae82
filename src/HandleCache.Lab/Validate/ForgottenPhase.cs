using HandleCache.Lab.Workload;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>Evicts all that is evictable: then counts handed out equal counts taken back.</summary>
internal static class ForgottenPhase
{
    /// <param name="stage">The mount; nothing in it is in use but by the client.</param>
    /// <param name="evictor">Makes inodes go.</param>
    /// <param name="paths">Paths that exist, all those at the top among them.</param>
    public static void Run(Stage stage, Evictor evictor, IEnumerable<string> paths)
    {
        stage.Ask(new ReleaseRequest());
        ulong[] left = evictor.EvictAll(paths.Where(path => !path.Contains('/')));
        CheckLedger ledger = stage.Ledger;
        ledger.Compare(ValidateChecks.AllForgotten, left.Length == 0, () =>
        {
            ulong held = stage.Mirror.Inspect(cache => cache.Held(left[0]));
            return $"{stage.Name}: after evicting every dentry the model still holds "
                + $"{left.Length} inodes, the first nodeid {left[0]} with {held} lookups";
        });
    }
}
