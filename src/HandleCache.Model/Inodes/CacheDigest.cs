namespace HandleCache.Model.Inodes;

/// <summary>
/// What a cache holds, as a few numbers: equal caches have equal digests, in any order of storage.
/// </summary>
/// <param name="Inodes">Inodes, the root included.</param>
/// <param name="Lookups">Sum of nlookup over all of them, the root's own one included.</param>
/// <param name="State">Nodeid, generation, type, state and nlookup of each.</param>
/// <param name="Handles">Nodeid and handle of each.</param>
public readonly record struct CacheDigest(int Inodes, ulong Lookups, ulong State, ulong Handles);
