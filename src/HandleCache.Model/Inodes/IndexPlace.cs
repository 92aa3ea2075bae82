namespace HandleCache.Model.Inodes;

/// <summary>
/// Where the search for a key begins, worked out ahead of the search; good until the index changes.
/// </summary>
/// <param name="Hash">Of the key.</param>
/// <param name="Part">Position in the index's directory.</param>
/// <param name="At">Slot in the sub-table.</param>
internal readonly record struct IndexPlace(ulong Hash, uint Part, uint At);
