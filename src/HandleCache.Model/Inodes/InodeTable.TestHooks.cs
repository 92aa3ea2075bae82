namespace HandleCache.Model.Inodes;

/// <summary>Ways for tests of the validator to break one thing.</summary>
public sealed partial class InodeTable
{
    internal RecordStore RecordsForTest => _records;

    internal long IndexPassedForTest => _byNodeId.CountPassed();

    internal int IndexBucketsForTest => _byNodeId.CountBuckets();

    internal void CorruptNodeIdEntry(InodeIndex index) =>
        _byNodeId.CorruptEntry(NodeIdKeys.Hash(At(index).NodeId), index.Value);

    internal void CorruptOverflow(ulong nodeId) =>
        _byNodeId.CorruptPassed(NodeIdKeys.Hash(nodeId));

    internal void CorruptWideLookups() => _wideLookups[uint.MaxValue] = 1;

    /// <summary>Gives a spilled handle's buffer back behind the record's back.</summary>
    internal void CorruptSpill(InodeIndex index) =>
        _spill.Release(HandleSlot.Reference(At(index)));
}
