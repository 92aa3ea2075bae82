using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Bars.Model;

/// <summary>
/// What the model's table is not: its records lie in the buckets of the index, two in a cache line,
/// so that most hits are one read. Grown by linear hashing, a bucket at a time; what a bucket has
/// no room for is chained elsewhere. Records move when a bucket is split, so that nothing can hold
/// an index of one: a peer for time and bytes, not a replacement.
/// </summary>
internal sealed class BucketedTable
{
    /// <summary>Memory of a bucket: a line, and the head of its chain.</summary>
    public const int BucketBytes = LineBytes + sizeof(uint);

    private const int LineBytes = 64;
    private const int PerLine = 2;
    private const int PageShift = 14;
    private const int PageBuckets = 1 << PageShift;
    private const int FirstBuckets = 2;

    private readonly double _perBucket;
    private readonly List<byte[]> _owners = [];
    private readonly List<uint[]> _heads = [];
    private nint[] _pages = [];
    private Chained[] _chained = [];
    private uint _free;
    private uint _used;
    private uint _buckets;
    private uint _half = FirstBuckets / 2;

    /// <param name="perBucket">Records in a bucket, in the mean; more of them chain more.</param>
    public BucketedTable(double perBucket)
    {
        _perBucket = perBucket;
        while (_buckets < FirstBuckets)
            AddBucket();
    }

    /// <summary>A record of 32 bytes; one whose nodeid is 0 is free.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4, Size = 32)]
    internal struct Record
    {
        public ulong NodeId;
        public uint Generation;
        public uint HandleType;
        public ushort NLookup;
        public ushort Mode;
        public uint HandleBytes;
        public ulong Handle;
    }

    private struct Chained
    {
        public Record Record;
        public uint Next;
    }

    public int Count { get; private set; }

    public long MemoryBytes => ((long)_buckets * BucketBytes)
        + ((long)_chained.Length * Unsafe.SizeOf<Chained>());

    /// <summary>A nodeid's record, or a null reference; good until the table changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Record Find(ulong nodeId)
    {
        uint bucket = BucketOf(Hash(nodeId));
        ref Record first = ref Line(bucket);
        if (first.NodeId == nodeId)
            return ref first;
        ref Record second = ref Unsafe.Add(ref first, 1);
        if (second.NodeId == nodeId)
            return ref second;
        return ref FindChained(bucket, nodeId);
    }

    /// <summary>Reads a byte of each nodeid's bucket, none waiting for another.</summary>
    public void Touch(ReadOnlySpan<ulong> nodeIds)
    {
        foreach (ulong nodeId in nodeIds)
            Volatile.Read(ref Unsafe.As<Record, byte>(ref Line(BucketOf(Hash(nodeId)))));
    }

    /// <summary>A nodeid that is not there yet.</summary>
    public void Add(in Record record)
    {
        Place(BucketOf(Hash(record.NodeId)), record);
        if (++Count > _perBucket * _buckets)
            Split();
    }

    public bool Remove(ulong nodeId)
    {
        uint bucket = BucketOf(Hash(nodeId));
        ref uint link = ref Head(bucket);
        ref Record first = ref Line(bucket);
        for (int i = 0; i < PerLine; i++)
        {
            ref Record record = ref Unsafe.Add(ref first, i);
            if (record.NodeId != nodeId)
                continue;
            record = default;
            if (link != 0)
            {
                record = _chained[link].Record;
                Unchain(ref link);
            }

            Count--;
            return true;
        }

        while (link != 0)
        {
            ref Chained at = ref _chained[link];
            if (at.Record.NodeId == nodeId)
            {
                Unchain(ref link);
                Count--;
                return true;
            }

            link = ref at.Next;
        }

        return false;
    }

    /// <summary>As the model hashes nodeids.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Hash(ulong nodeId)
    {
        ulong hash = (nodeId ^ (nodeId >> 33)) * 0xFF51_AFD7_ED55_8CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CE_B9FE_1A85_EC53;
        return (uint)(hash ^ (hash >> 33));
    }

    /// <summary>Buckets from half on exist as far as they have been split off.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint BucketOf(uint hash)
    {
        uint bucket = hash & ((2 * _half) - 1);
        return bucket < _buckets ? bucket : bucket & (_half - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Record Line(uint bucket) =>
        // SAFETY: the bucket is below _buckets, whose pages are pinned and held by _owners.
        ref Unsafe.As<byte, Record>(ref Unsafe.AddByteOffset(
            ref Unsafe.NullRef<byte>(),
            _pages[bucket >> PageShift]
                + (nint)((bucket & (PageBuckets - 1)) * LineBytes)));

    private ref uint Head(uint bucket) =>
        ref _heads[(int)(bucket >> PageShift)][bucket & (PageBuckets - 1)];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref Record FindChained(uint bucket, ulong nodeId)
    {
        for (uint at = Head(bucket); at != 0; at = _chained[at].Next)
        {
            if (_chained[at].Record.NodeId == nodeId)
                return ref _chained[at].Record;
        }

        return ref Unsafe.NullRef<Record>();
    }

    private void Place(uint bucket, in Record record)
    {
        ref Record first = ref Line(bucket);
        for (int i = 0; i < PerLine; i++)
        {
            ref Record at = ref Unsafe.Add(ref first, i);
            if (at.NodeId != 0)
                continue;
            at = record;
            return;
        }

        uint taken = TakeChained();
        _chained[taken] = new() { Record = record, Next = Head(bucket) };
        Head(bucket) = taken;
    }

    /// <summary>Deals the records of one bucket out to it and to a new one.</summary>
    private void Split()
    {
        if (_buckets == 2 * _half)
            _half = _buckets;
        uint old = _buckets - _half;
        AddBucket();
        ref Record first = ref Line(old);
        Record a = first;
        Record b = Unsafe.Add(ref first, 1);
        first = default;
        Unsafe.Add(ref first, 1) = default;
        uint chain = Head(old);
        Head(old) = 0;
        if (a.NodeId != 0)
            Place(BucketOf(Hash(a.NodeId)), a);
        if (b.NodeId != 0)
            Place(BucketOf(Hash(b.NodeId)), b);
        while (chain != 0)
        {
            Chained at = _chained[chain];
            Give(chain);
            Place(BucketOf(Hash(at.Record.NodeId)), at.Record);
            chain = at.Next;
        }
    }

    private void AddBucket()
    {
        if (_buckets >> PageShift == _owners.Count)
        {
            byte[] page = GC.AllocateArray<byte>((PageBuckets + 1) * LineBytes, pinned: true);
            nint first = Marshal.UnsafeAddrOfPinnedArrayElement(page, 0);
            _owners.Add(page);
            _heads.Add(new uint[PageBuckets]);
            _pages = [.. _pages, first + (-first & (LineBytes - 1))];
        }

        _buckets++;
    }

    private void Unchain(ref uint link)
    {
        uint taken = link;
        link = _chained[taken].Next;
        Give(taken);
    }

    private void Give(uint chained)
    {
        _chained[chained] = new() { Next = _free };
        _free = chained;
    }

    /// <summary>0 ends a chain, and is none.</summary>
    private uint TakeChained()
    {
        if (_free != 0)
        {
            uint free = _free;
            _free = _chained[free].Next;
            return free;
        }

        _used++;
        if (_used >= _chained.Length)
            Array.Resize(ref _chained, Math.Max(1024, _chained.Length + (_chained.Length / 4)));
        return _used;
    }
}
