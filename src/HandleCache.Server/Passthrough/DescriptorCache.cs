using HandleCache.Linux;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// The most recently used O_PATH descriptors, by nodeid; never more than the capacity, however
/// many inodes there are, and room for no more than were ever held at once. Safe from several
/// threads. Beyond the capacity a descriptor lives only as long as the requests that hold it.
/// </summary>
internal sealed class DescriptorCache : IDisposable
{
    private const int None = -1;

    private const int FirstSlots = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _slots = [];
    private readonly int _capacity;
    private Slot[] _ring;

    /// <summary>Slots ever used; those behind are empty and on no list.</summary>
    private int _made;

    /// <summary>Most and least recently used slot, first slot without a descriptor.</summary>
    private int _first = None;
    private int _last = None;
    private int _free = None;

    private struct Slot
    {
        public ulong NodeId;
        public SharedDescriptor? Shared;
        public int Next;
        public int Previous;
    }

    public DescriptorCache(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
        _ring = new Slot[Math.Min(capacity, FirstSlots)];
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _slots.Count;
        }
    }

    /// <summary>A hold on the descriptor of a nodeid, if it is here.</summary>
    public DescriptorLease TryLease(ulong nodeid)
    {
        lock (_lock)
        {
            if (!_slots.TryGetValue(nodeid, out int at))
                return default;
            if (at != _first)
            {
                Unlink(at);
                LinkFirst(at);
            }

            SharedDescriptor shared = _ring[at].Shared!;

            // The cache itself holds it, so this cannot fail under the lock.
            shared.TryHold();
            return new DescriptorLease(shared);
        }
    }

    /// <summary>
    /// Keeps a descriptor just opened, in place of the least recently used one, and leases it.
    /// When another thread was faster, that one's is leased and this one closed.
    /// </summary>
    public DescriptorLease Add(ulong nodeid, FileDescriptor opened)
    {
        SharedDescriptor mine = new(opened);
        SharedDescriptor? dropped;
        lock (_lock)
        {
            if (_slots.TryGetValue(nodeid, out int present))
            {
                SharedDescriptor theirs = _ring[present].Shared!;
                theirs.TryHold();
                mine.Release();
                return new DescriptorLease(theirs);
            }

            int at = EmptySlot(out dropped);
            _ring[at].NodeId = nodeid;
            _ring[at].Shared = mine;
            _slots.Add(nodeid, at);
            LinkFirst(at);
            mine.TryHold();
        }

        dropped?.Release();
        return new DescriptorLease(mine);
    }

    /// <summary>Lets go of a nodeid's descriptor, so that a deleted file can end.</summary>
    public void Remove(ulong nodeid)
    {
        SharedDescriptor? dropped;
        lock (_lock)
        {
            if (!_slots.TryGetValue(nodeid, out int at))
                return;
            dropped = Take(at);
        }

        dropped?.Release();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            while (_last != None)
                Take(_last)?.Release();
        }
    }

    /// <summary>A slot on no list; the caller releases what had to make room for it.</summary>
    private int EmptySlot(out SharedDescriptor? dropped)
    {
        dropped = null;
        if (_free == None && _made < _capacity)
        {
            if (_made == _ring.Length)
                Array.Resize(ref _ring, Math.Min(_capacity, 2 * _made));
            return _made++;
        }

        if (_free == None)
            dropped = Take(_last);
        int at = _free;
        _free = _ring[at].Next;
        return at;
    }

    /// <summary>
    /// Empties a slot and puts it on the free list; the caller releases what was in it.
    /// </summary>
    private SharedDescriptor? Take(int at)
    {
        SharedDescriptor? shared = _ring[at].Shared;
        _slots.Remove(_ring[at].NodeId);
        Unlink(at);
        _ring[at].Shared = null;
        _ring[at].Next = _free;
        _free = at;
        return shared;
    }

    private void LinkFirst(int at)
    {
        _ring[at].Previous = None;
        _ring[at].Next = _first;
        if (_first != None)
            _ring[_first].Previous = at;
        _first = at;
        if (_last == None)
            _last = at;
    }

    private void Unlink(int at)
    {
        (int next, int previous) = (_ring[at].Next, _ring[at].Previous);
        if (previous == None)
            _first = next;
        else
            _ring[previous].Next = next;
        if (next == None)
            _last = previous;
        else
            _ring[next].Previous = previous;
    }
}
