namespace HandleCache.Benchmarks.Inodes;

/// <summary>iget of a cached inode.</summary>
public class IgetHit : InodeBenchmarks
{
    private protected override int Run() => Store.HitAll(NextInodes());
}
