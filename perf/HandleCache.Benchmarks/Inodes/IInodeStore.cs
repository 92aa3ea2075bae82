namespace HandleCache.Benchmarks.Inodes;

/// <summary>A cache of inodes by nodeid; each call does its work for many, one by one.</summary>
internal interface IInodeStore : IDisposable
{
    /// <summary>iget of inodes that are not there.</summary>
    void AddAll(ReadOnlySpan<ulong> nodeIds);

    /// <summary>iget of inodes that are there: found, compared, counted; how many.</summary>
    int HitAll(ReadOnlySpan<ulong> nodeIds);

    /// <summary>Forgets inodes that have one lookup each. Returns how many did.</summary>
    int ForgetAll(ReadOnlySpan<ulong> nodeIds);
}
