using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Memory;

namespace HandleCache.Model.Inodes;

/// <summary>
/// An extendible hash from keys to record numbers: a directory by the hash's upper bits leads to
/// small sub-tables of buckets, each a cache line (<see cref="BucketArray"/>). A full sub-table
/// splits in two, so that no insertion ever rehashes more than one sub-table of some 50,000
/// entries, and a bucket holds 6 to 12 entries of 15 on average. Keys are not stored: a match looks
/// at the record. Several records may have equal keys.
/// </summary>
internal sealed partial class SplitIndex<TKeys>
    where TKeys : struct, IIndexKeys
{
    /// <summary>Buckets of a sub-table that is not small any more.</summary>
    internal const int FullBuckets = 1 << 12;

    /// <summary>
    /// Entries per bucket at which a sub-table is full: one bucket in six overflows then.
    /// </summary>
    internal const int FullEntries = 12;

    private const int FirstBuckets = 4;
    private const int HashBits = 64;

    /// <summary>What a search looks at where there is no memory any more.</summary>
    private static readonly BucketArray None = new(buckets: 1, IndexEntry.TagMaskFor(0));

    private readonly TKeys _keys;

    // By the upper _depth bits of the hash; several positions may share one sub-table. _buckets
    // repeats SubTable.Buckets, one load less for a search.
    private BucketArray[] _buckets;
    private SubTable[] _tables;
    private int _depth = 1;
    private int _shift = HashBits - 1;

    internal SplitIndex(TKeys keys)
    {
        _keys = keys;
        var first = new SubTable(new(FirstBuckets, IndexEntry.TagMaskFor(0)), depth: 0);
        _tables = [first, first];
        _buckets = [first.Buckets, first.Buckets];
    }

    /// <param name="original">An index of the same records.</param>
    /// <param name="keys">How the copy reaches the records it lists.</param>
    /// <param name="pool">Where the copy's memory comes from.</param>
    internal SplitIndex(SplitIndex<TKeys> original, TKeys keys, LinePool pool)
    {
        _keys = keys;
        _depth = original._depth;
        _shift = original._shift;
        Count = original.Count;
        _tables = new SubTable[original._tables.Length];
        _buckets = new BucketArray[_tables.Length];
        for (int i = 0; i < _tables.Length; i++)
        {
            // Positions that share a sub-table lie side by side.
            SubTable table = original._tables[i];
            _tables[i] = i > 0 && table == original._tables[i - 1]
                ? _tables[i - 1]
                : new(table.Buckets.Copy(pool), table.Depth) { Live = table.Live };
            _buckets[i] = _tables[i].Buckets;
        }
    }

    internal int Count { get; private set; }

    /// <summary>Gives the memory back; nothing is listed afterwards, and nothing can be.</summary>
    internal void Recycle(LinePool pool)
    {
        for (int i = 0; i < _tables.Length; i++)
        {
            if (i == 0 || _tables[i] != _tables[i - 1])
                _tables[i].Buckets.Recycle(pool);
        }

        (_tables, _buckets) = ([], [None, None]);
        (_depth, _shift, Count) = (1, HashBits - 1, 0);
    }

    /// <summary>
    /// The first record of this hash that <paramref name="match"/> accepts, or 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Find<TMatch>(ulong hash, scoped ref TMatch match)
        where TMatch : struct, IIndexMatch, allows ref struct
    {
        ref readonly BucketArray buckets = ref _buckets[PartOf(hash)];
        uint mask = buckets.TagMask;
        uint tag = IndexEntry.TagOf(hash, mask);
        uint bucket = buckets.Home(hash);
        for (uint steps = 0; steps < buckets.Buckets; steps++)
        {
            ref uint here = ref buckets.At(bucket);
            uint same = BucketArray.Tagged(ref here, mask, tag);
            while (same != 0)
            {
                uint record = Unsafe.Add(ref here, BitOperations.TrailingZeroCount(same)) & ~mask;
                if (record != 0 && match.IsMatch(record))
                    return record;
                same &= same - 1;
            }

            if (BucketArray.Passed(ref here) == 0)
                return 0;
            bucket = buckets.After(bucket);
        }

        return 0;
    }

    /// <summary>
    /// Where the search for a hash begins: the address of its bucket, good until the index changes.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint Locate(ulong hash, out uint tagMask)
    {
        // SAFETY: the directory has 2^_depth positions, and PartOf gives _depth bits.
        ref readonly BucketArray buckets = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_buckets), (nuint)(hash >> _shift));
        tagMask = buckets.TagMask;
        return buckets.AddressOf(buckets.Home(hash));
    }

    /// <summary>
    /// The record of a bucket's first entry whose tag fits; likely, not certain, to be the one
    /// sought. 0 where there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Guess(nint bucket, ulong hash, uint tagMask)
    {
        ref uint here = ref BucketArray.At(bucket);
        uint same = BucketArray.Tagged(ref here, tagMask, IndexEntry.TagOf(hash, tagMask));
        return same == 0
            ? 0
            : Unsafe.Add(ref here, BitOperations.TrailingZeroCount(same)) & ~tagMask;
    }

    /// <summary>Lists a record under a hash; the record must hold its key already.</summary>
    internal void Insert(ulong hash, uint record)
    {
        SubTable table = _tables[PartOf(hash)];
        if ((record & table.Buckets.TagMask) != 0)
            Retag(hash, table, record);
        if (table.Live >= FullEntries * table.Buckets.Buckets)
            table = MakeRoom(hash, table);
        table.Buckets.Insert(hash, record);
        table.Live++;
        Count++;
    }

    /// <summary>Unlists a record; false where it is not listed under this hash.</summary>
    internal bool Remove(ulong hash, uint record)
    {
        int part = PartOf(hash);
        if (!_buckets[part].Remove(hash, record))
            return false;
        _tables[part].Live--;
        Count--;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int PartOf(ulong hash) => (int)(hash >> _shift);

    /// <summary>A part of the index: entries and how many upper hash bits they share.</summary>
    private sealed class SubTable(BucketArray buckets, int depth)
    {
        internal BucketArray Buckets { get; set; } = buckets;

        internal int Depth { get; } = depth;

        internal int Live { get; set; }
    }
}

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

/// <summary>
/// Says whether a record whose tag fits is the one sought. Implemented by structs.
/// </summary>
internal interface IIndexMatch
{
    bool IsMatch(uint record);
}
