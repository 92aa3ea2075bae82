using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Replay;

/// <summary>
/// Turns accesses to objects into the traffic of a kernel whose inode cache is bounded: an access
/// is a LOOKUP that counts, whether the inode is there or not (entry timeout 0); at the bound the
/// least recently used inodes go, <see cref="ShrinkBatch"/> at a time, in one BATCH_FORGET, as a
/// shrinker frees them (SHRINK_BATCH, mm/shrinker.c, v6.12). The bound does not count the root.
/// </summary>
public sealed class LruTraffic
{
    /// <summary>Inodes that go at once; an eighth of the bound where that is less.</summary>
    public const int ShrinkBatch = 128;

    /// <summary>Most inodes at once that can be asked for.</summary>
    public const int MaxInodes = 1 << 27;

    private const int None = -1;
    private const int FirstRoom = 1 << 10;

    private readonly TraceWriter _trace;
    private readonly int _bound;
    private readonly int _shrinkBatch;
    private readonly Dictionary<ulong, int> _slots = [];
    private Slot[] _lru = new Slot[FirstRoom];
    private int _newest = None;
    private int _oldest = None;
    private int _free = None;
    private int _used;
    private int _peak;
    private ulong _lookups;

    /// <param name="trace">Where the traffic goes; a mount is begun at once.</param>
    /// <param name="bound">Most inodes at once, 1 to <see cref="MaxInodes"/>.</param>
    /// <param name="name">The mount's name.</param>
    public LruTraffic(TraceWriter trace, int bound, ReadOnlySpan<byte> name)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bound, MaxInodes);
        _trace = trace;
        _bound = bound;
        _shrinkBatch = Math.Clamp(bound / 8, 1, ShrinkBatch);
        trace.Mount(FuseInodeCache.RootNodeId, reusesNodeIds: false, name);
    }

    public long Hits { get; private set; }

    public long Misses { get; private set; }

    public long Forgets { get; private set; }

    /// <summary>Inodes cached now.</summary>
    public int Cached => _slots.Count;

    /// <summary>
    /// One access. The handle of an object that is cached stays the one it came with.
    /// </summary>
    /// <param name="nodeId">Not 0 and not the root's.</param>
    /// <param name="handleType">Type of the handle that a new inode gets.</param>
    /// <param name="handleLength">Its length, 8 to 128 bytes.</param>
    public void Access(ulong nodeId, uint handleType, int handleLength)
    {
        if (_slots.TryGetValue(nodeId, out int slot))
        {
            Hits++;
            Unlink(slot);
        }
        else
        {
            Misses++;
            if (_slots.Count == _bound)
                Shrink();
            slot = Take();
            _lru[slot] = new Slot
            {
                NodeId = nodeId,
                HandleType = handleType,
                HandleLength = (byte)handleLength,
            };
            _slots.Add(nodeId, slot);
            _peak = Math.Max(_peak, _slots.Count);
        }

        LinkNewest(slot);
        ref Slot at = ref _lru[slot];
        at.NLookup++;
        _lookups++;
        Span<byte> handle = stackalloc byte[TraceFormat.MaxHandleBytes];
        _trace.Entry(
            FuseOpcode.FUSE_LOOKUP, nodeId, 0, FileModes.Regular, at.HandleType,
            MixedHandles.Bytes(nodeId, at.HandleLength, handle));
    }

    /// <summary>A GETATTR of a cached inode; false, and nothing done, if it is not.</summary>
    public bool TryGetAttributes(ulong nodeId)
    {
        if (!_slots.TryGetValue(nodeId, out int slot))
            return false;
        Hits++;
        Unlink(slot);
        LinkNewest(slot);
        _trace.Request(FuseOpcode.FUSE_GETATTR, nodeId, 0, exportLookup: false);
        return true;
    }

    /// <summary>
    /// The accesses are over: what is cached stays so to the end, and is written down.
    /// </summary>
    public void End()
    {
        _trace.Figure(TraceFigure.Inodes, (ulong)_slots.Count + 1);
        _trace.Figure(TraceFigure.InodesPeak, (ulong)_peak + 1);
        _trace.Figure(TraceFigure.Lookups, _lookups + 1);
        _trace.End();
    }

    private void Shrink()
    {
        for (int i = 0; i < _shrinkBatch; i++)
        {
            int slot = _oldest;
            ref Slot at = ref _lru[slot];
            _trace.Forget(at.NodeId, at.NLookup, _shrinkBatch > 1, firstOfMessage: i == 0);
            Forgets++;
            _lookups -= at.NLookup;
            _slots.Remove(at.NodeId);
            Unlink(slot);
            at.Older = _free;
            _free = slot;
        }
    }

    private int Take()
    {
        if (_free != None)
        {
            int free = _free;
            _free = _lru[free].Older;
            return free;
        }

        if (_used == _lru.Length)
            Array.Resize(ref _lru, (int)Math.Min(2L * _used, _bound));
        return _used++;
    }

    private void Unlink(int slot)
    {
        ref Slot at = ref _lru[slot];
        if (at.Newer == None)
            _newest = at.Older;
        else
            _lru[at.Newer].Older = at.Older;
        if (at.Older == None)
            _oldest = at.Newer;
        else
            _lru[at.Older].Newer = at.Newer;
    }

    private void LinkNewest(int slot)
    {
        ref Slot at = ref _lru[slot];
        at.Newer = None;
        at.Older = _newest;
        if (_newest == None)
            _oldest = slot;
        else
            _lru[_newest].Newer = slot;
        _newest = slot;
    }

    private struct Slot
    {
        public ulong NodeId;
        public ulong NLookup;
        public int Newer;
        public int Older;
        public uint HandleType;
        public byte HandleLength;
    }
}
