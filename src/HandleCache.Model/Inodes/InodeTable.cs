using System.Runtime.CompilerServices;
using HandleCache.Model.Handles;
using HandleCache.Model.Memory;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Storage and indexes for inodes, without policy: who counts, evicts and forgets is the owner's
/// business. 37 to 43 bytes per inode with <c>inline:12</c>; 2^28 - 1 inodes at most. Several
/// records may have one nodeid, of which one at most is meant to be hashed. Nothing allocates per
/// operation once the population has been reached. Not thread-safe: the owner's lock is held around
/// calls. </summary>
public sealed partial class InodeTable : IDisposable
{
    /// <summary>The copies' and this table's own.</summary>
    private readonly LinePool _pool;
    private readonly RecordStore _records;
    private readonly HandleSlot _slot;
    private readonly SpillPool _spill;
    private readonly SplitIndex<NodeIdKeys> _byNodeId;
    private readonly SplitIndex<HandleKeys>? _byHandle;
    private readonly Dictionary<uint, ulong> _wideLookups = [];
    private ulong _lastAdded;

    public InodeTable(InodeTableOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Strategy = options.Strategy;
        _slot = new(options.Strategy);
        _pool = new();
        _records = new(InodeRecord.FixedBytes + _slot.BufferBytes);
        _spill = HandleSlot.PoolFor(options.Strategy);
        _byNodeId = new(new NodeIdKeys(_records));
        if (options.IndexByHandle && _slot.Keeps)
            _byHandle = new(new HandleKeys(_records, _slot, _spill));
    }

    public HandleStrategy Strategy { get; }

    /// <summary>Records in use, unhashed ones too.</summary>
    public int Count => _records.Live;

    /// <summary>Bytes from one record to the next.</summary>
    public int RecordBytes => _records.RecordBytes;

    /// <summary>Handles in external buffers.</summary>
    public int Spilled => _spill.Outstanding;

    /// <summary>Memory of records, indexes and external buffers, in bytes.</summary>
    public long MemoryBytes => _records.MemoryBytes + _byNodeId.MemoryBytes
        + (_byHandle?.MemoryBytes ?? 0) + _spill.MemoryBytes;

    /// <summary>Whether a handle of this length would be refused by <see cref="Add"/>.</summary>
    public bool Refuses(int handleLength) => _slot.Keeps && handleLength > _slot.MaxLength;

    /// <summary>
    /// Adds a hashed record (unhashed if <paramref name="state"/> says so) with no lookups. Returns
    /// <see cref="InodeIndex.None"/> where the handle is longer than the strategy takes.
    /// </summary>
    public InodeIndex Add(
        ulong nodeId, uint generation, uint mode, scoped in FileHandle handle,
        InodeState state = InodeState.None)
    {
        if (Refuses(handle.Bytes.Length))
            return InodeIndex.None;
        uint record = _records.Take();
        InodeRecord at = _records.At(record);
        at.NodeId = nodeId;
        at.Generation = generation;
        at.NLookupLow = 0;
        at.TypeAndState =
            (ushort)((mode & FileModes.TypeMask) | (uint)(state | InodeState.Live));
        _slot.TryStore(at, handle, _spill);
        _byNodeId.Insert(NodeIdKeys.Hash(nodeId), record);
        if (_byHandle is not null && !handle.IsNone)
            _byHandle.Insert(handle.Hash64(), record);
        if (nodeId == _lastAdded + 1 && nodeId % Ahead == 0)
            TouchNext(nodeId);
        _lastAdded = nodeId;
        return new(record);
    }

    /// <summary>The hashed record of a nodeid.</summary>
    public InodeIndex Find(ulong nodeId) => Find(nodeId, out _);

    /// <summary><see cref="Find(ulong)"/>, with the record; good until the table changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InodeIndex Find(ulong nodeId, out InodeRecord at)
    {
        var match = new NodeIdKeys.HashedMatch(_records, nodeId);
        uint record = _byNodeId.Find(NodeIdKeys.Hash(nodeId), ref match);
        at = match.Found;
        return new(record);
    }

    /// <summary>
    /// The record that a search for the nodeid looks at first: nearly always the one sought, and
    /// for the caller to see whether. None where the search's first bucket has no likely one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InodeIndex Guess(ulong nodeId)
    {
        ulong hash = NodeIdKeys.Hash(nodeId);
        nint bucket = _byNodeId.Locate(hash, out uint tagMask);
        return new(SplitIndex<NodeIdKeys>.Guess(bucket, hash, tagMask));
    }

    /// <summary>The record of <see cref="Guess"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InodeRecord Guessed(InodeIndex index) => _records.Listed(index.Value);

    /// <summary>
    /// The n-th record of a nodeid, hashed or not, in no particular order; none from the count on.
    /// </summary>
    public InodeIndex FindAny(ulong nodeId, int n)
    {
        var match = new NodeIdKeys.NthMatch(_records, nodeId, n);
        return new(_byNodeId.Find(NodeIdKeys.Hash(nodeId), ref match));
    }

    /// <summary>A hashed record that holds this handle.</summary>
    /// <exception cref="InvalidOperationException">The table has no index by handle.</exception>
    public InodeIndex FindByHandle(scoped in FileHandle handle)
    {
        if (_byHandle is null)
            throw new InvalidOperationException("the table was built without an index by handle");
        if (handle.IsNone)
            return InodeIndex.None;
        var match = new HandleKeys.HashedMatch(_records, _slot, _spill, handle);
        return new(_byHandle.Find(handle.Hash64(), ref match));
    }

    /// <summary>
    /// The record behind <paramref name="after"/> in storage order; none at the end.
    /// </summary>
    public InodeIndex Next(InodeIndex after) => new(_records.NextLive(after.Value));

    /// <summary>Removes a record; its index names nothing from here on.</summary>
    /// <exception cref="InvalidOperationException">No such record.</exception>
    public void Remove(InodeIndex index)
    {
        Remove(index, Live(index));
    }

    /// <summary><see cref="Remove(InodeIndex)"/> of a record that is known to be in use.</summary>
    internal void Remove(InodeIndex index, InodeRecord at)
    {
        Unlist(index, at);
        if (at.Has(InodeState.WideLookup))
            _wideLookups.Remove(index.Value);
        if (at.Has(InodeState.HandleSpilled))
            _slot.Release(at, _spill);
        _records.Give(index.Value, at);
    }

    /// <summary>All of a record at once.</summary>
    /// <exception cref="InvalidOperationException">No such record.</exception>
    public InodeInfo Get(InodeIndex index)
    {
        InodeRecord at = Live(index);
        return new()
        {
            NodeId = at.NodeId,
            Generation = at.Generation,
            FileType = at.FileType,
            Flags = at.State,
            NLookup = NLookup(index),
            Handle = Handle(at),
            IsSpilled = at.Has(InodeState.HandleSpilled),
        };
    }

    public bool IsLive(InodeIndex index) => _records.IsLive(index.Value);

    public ulong NodeId(InodeIndex index) => Live(index).NodeId;

    /// <summary>The handle; its bytes are good until the table changes.</summary>
    public FileHandle Handle(InodeIndex index) => Handle(Live(index));

    /// <summary>Replaces the handle; false, and nothing done, where it is too long.</summary>
    public bool SetHandle(InodeIndex index, scoped in FileHandle handle)
    {
        if (Refuses(handle.Bytes.Length))
            return false;
        InodeRecord at = Live(index);
        if (_byHandle is not null && !_slot.IsNone(at))
            _byHandle.Remove(Handle(at).Hash64(), index.Value);
        _slot.Release(at, _spill);
        _slot.TryStore(at, handle, _spill);
        if (_byHandle is not null && !handle.IsNone)
            _byHandle.Insert(handle.Hash64(), index.Value);
        return true;
    }

    /// <summary>Gives a record another nodeid, by which it is found from here on.</summary>
    public void SetNodeId(InodeIndex index, ulong nodeId)
    {
        InodeRecord at = Live(index);
        _byNodeId.Remove(NodeIdKeys.Hash(at.NodeId), index.Value);
        at.NodeId = nodeId;
        _byNodeId.Insert(NodeIdKeys.Hash(nodeId), index.Value);
    }

    /// <summary>Sets and clears state bits, but for those that are the table's own.</summary>
    public void SetFlags(InodeIndex index, InodeState set, InodeState clear = InodeState.None)
    {
        const InodeState Own = InodeState.Live | InodeState.WideLookup
            | InodeState.HandleSpilled | InodeState.HandleFull;
        InodeRecord at = Live(index);
        at.State = (at.State & ~(clear & ~Own)) | (set & ~Own);
    }

    /// <summary>References that the peer counts on this inode.</summary>
    public ulong NLookup(InodeIndex index)
    {
        InodeRecord at = Live(index);
        return at.NLookupLow | (at.Has(InodeState.WideLookup)
            ? _wideLookups[index.Value] << InodeRecord.NLookupBits
            : 0);
    }

    /// <summary>nlookup += count, in 64 bits as fuse_inode has it.</summary>
    public void AddLookups(InodeIndex index, ulong count) =>
        SetLookups(index, NLookup(index) + count);

    /// <summary>nlookup -= count.</summary>
    /// <exception cref="InvalidOperationException">More than the inode has.</exception>
    public void DropLookups(InodeIndex index, ulong count)
    {
        ulong held = NLookup(index);
        if (count > held)
            throw new InvalidOperationException($"{count} lookups dropped where {held} are held");
        SetLookups(index, held - count);
    }

    /// <summary>
    /// Gives the external buffers of all records back, and checks that none is left then. The table
    /// is not used afterwards.
    /// </summary>
    public void Dispose()
    {
        InodeIndex at = InodeIndex.None;
        while (_spill.Outstanding > 0 && !(at = Next(at)).IsNone)
            _slot.Release(At(at), _spill);
        _spill.Dispose();
        _spill.Recycle(_pool);
        _byNodeId.Recycle(_pool);
        _byHandle?.Recycle(_pool);
        _records.Recycle(_pool);
    }

    internal void SetLookups(InodeIndex index, ulong count)
    {
        InodeRecord at = Live(index);
        at.NLookupLow = (ushort)count;
        if (count >> InodeRecord.NLookupBits != 0)
        {
            _wideLookups[index.Value] = count >> InodeRecord.NLookupBits;
            at.State |= InodeState.WideLookup;
        }
        else if (at.Has(InodeState.WideLookup))
        {
            _wideLookups.Remove(index.Value);
            at.State &= ~InodeState.WideLookup;
        }
    }

    /// <summary>One more lookup: the hot form of <see cref="AddLookups"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void CountLookup(InodeIndex index, InodeRecord at)
    {
        ushort low = at.NLookupLow;
        if (low == ushort.MaxValue)
            AddLookups(index, 1);
        else
            at.NLookupLow = (ushort)(low + 1);
    }

    private FileHandle Handle(InodeRecord at) => _slot.Read(at, _spill);

    internal InodeRecord At(InodeIndex index) => _records.At(index.Value);

    /// <summary>
    /// Whether the handle's bytes are these; type and length were compared, and handles are kept.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SameHandleBytes(InodeRecord at, scoped in FileHandle handle) =>
        _slot.SameBytes(at, handle.Bytes, _spill);

    /// <summary>Whether the slot holds just this handle; always true where none are kept.</summary>
    internal bool HandleMatches(InodeRecord at, scoped in FileHandle handle) =>
        _slot.Matches(at, handle, _spill);

    internal bool HasHandle(InodeRecord at) => !_slot.IsNone(at);

    /// <summary>
    /// Exchanges the references of two spilled handles, which stay findable by what they then
    /// hold: a fault for tests to find.
    /// </summary>
    internal void SwapSpills(InodeIndex left, InodeIndex right)
    {
        InodeRecord a = Live(left);
        InodeRecord b = Live(right);
        _byHandle?.Remove(Handle(a).Hash64(), left.Value);
        _byHandle?.Remove(Handle(b).Hash64(), right.Value);
        SpillReference first = HandleSlot.Reference(a);
        HandleSlot.SetReference(a, HandleSlot.Reference(b));
        HandleSlot.SetReference(b, first);
        _byHandle?.Insert(Handle(a).Hash64(), left.Value);
        _byHandle?.Insert(Handle(b).Hash64(), right.Value);
    }

    private void Unlist(InodeIndex index, InodeRecord at)
    {
        bool listed = _byNodeId.Remove(NodeIdKeys.Hash(at.NodeId), index.Value);
        if (_byHandle is not null && !_slot.IsNone(at))
        {
            FileHandle handle = Handle(at);
            listed &= _byHandle.Remove(handle.Hash64(), index.Value);
        }

        if (!listed)
            throw new InvalidOperationException($"record {index.Value} is in use but not listed");
    }

    private InodeRecord Live(InodeIndex index)
    {
        return _records.IsLive(index.Value) ? _records.At(index.Value) : throw NotLive(index);
    }

    private static InvalidOperationException NotLive(InodeIndex index) =>
        new($"inode record {index.Value} is not in use");
}
