using HandleCache.Lab.Workload;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>Evicts all that is evictable: then counts handed out equal counts taken back.</summary>
internal static class ForgottenPhase
{
    public static void Run(Stage stage, Evictor evictor, Func<IReadOnlyList<EvictName>> names)
    {
        stage.Ask(new ReleaseRequest());
        ulong[] left = evictor.EvictAll(names);
        CheckLedger ledger = stage.Ledger;
        ledger.Compare(ValidateChecks.AllForgotten, left.Length == 0, () =>
        {
            ulong held = stage.Mirror.Inspect(cache => cache.Held(left[0]));
            return $"{stage.Name}: after evicting every dentry the model still holds "
                + $"{left.Length} inodes, the first nodeid {left[0]} with {held} lookups";
        });
    }
}
