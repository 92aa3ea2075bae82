using HandleCache.Model.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>Ways for tests of the validator to break one thing.</summary>
public sealed partial class InodeTable
{
    internal RecordStore RecordsForTest => _records;

    internal int IndexMarksForTest => _byNodeId.CountMarks();

    internal int IndexSlotsForTest => _byNodeId.CountSlots();

    internal void CorruptNodeIdEntry(InodeIndex index) =>
        _byNodeId.CorruptEntry(NodeIdKeys.Hash(At(index).NodeId), index.Value);

    internal void CorruptWideLookups() => _wideLookups[uint.MaxValue] = 1;

    /// <summary>Gives a spilled handle's buffer back behind the record's back.</summary>
    internal void CorruptSpill(InodeIndex index) =>
        _spill.Release(HandleSlot.Reference(At(index)));
}
