namespace HandleCache.Model.Inodes;

/// <summary>
/// How an index reaches the keys of the records it lists. Implemented by structs, so that the
/// calls are compiled into the index's loops.
/// </summary>
internal interface IIndexKeys
{
    /// <summary>The 64-bit hash of a record's key; all bits must be well mixed.</summary>
    ulong HashOf(uint record);

    /// <summary><see cref="HashOf"/> of many, with their cache misses in flight.</summary>
    void HashesOf(ReadOnlySpan<uint> records, Span<ulong> hashes);
}
