namespace HandleCache.Model.Inodes;

/// <summary>
/// Growing and splitting, one sub-table at a time. A few arrays that are given up serve again.
/// </summary>
internal sealed partial class SplitIndex<TKeys>
{
    private const int SparesKept = 4;

    /// <summary>
    /// Three more than the most records need. Records of one key do not come apart by splitting, so
    /// a sub-table that is as deep grows instead.
    /// </summary>
    private const int DeepestSplit = 16;

    /// <summary>
    /// Records whose keys are hashed at a time, with their cache misses in flight.
    /// </summary>
    private const int HashedAtOnce = 64;

    private readonly List<BucketArray> _spares = new(SparesKept);

    internal long MemoryBytes
    {
        get
        {
            long all = (long)_buckets.Length * (BucketArray.SizeBytes + IntPtr.Size);
            foreach (BucketArray spare in _spares)
                all += spare.MemoryBytes;
            SubTable? last = null;
            foreach (SubTable table in _tables)
            {
                all += table == last ? 0 : table.Buckets.MemoryBytes;
                last = table;
            }

            return all;
        }
    }

    /// <summary>Grows or splits a full sub-table; returns the one that the hash is in.</summary>
    private SubTable MakeRoom(ulong hash, SubTable table)
    {
        uint buckets = table.Buckets.Buckets;
        if (buckets >= FullBuckets && table.Depth < DeepestSplit)
            return Split(hash, table);
        Refill(hash, table, 2 * (int)buckets, MaskFor(table));
        return table;
    }

    /// <summary>
    /// Makes the entries' tags narrower, so that a higher record number fits. Growth by splits does
    /// not come here, see <see cref="MaskFor"/>.
    /// </summary>
    private void Retag(ulong hash, SubTable table, uint record) =>
        Refill(hash, table, (int)table.Buckets.Buckets, IndexEntry.TagMaskFor(record));

    /// <summary>
    /// Tags for a sub-table that grows: as wide as fits twice the present records, so that the next
    /// split comes before a number that needs narrower ones.
    /// </summary>
    private uint MaskFor(SubTable table) => table.Buckets.TagMask
        & IndexEntry.TagMaskFor((uint)Math.Min(IndexEntry.MaxRecord, 2L * Count));

    /// <summary>Moves a sub-table's entries to an array of another size or tag width.</summary>
    private void Refill(ulong hash, SubTable table, int buckets, uint tagMask)
    {
        BucketArray old = table.Buckets;
        BucketArray refilled = NewBuckets(buckets, tagMask);
        var mover = new Mover(refilled, refilled, splitBit: 0);
        Move(old, ref mover);
        table.Buckets = refilled;
        int positions = 1 << (_depth - table.Depth);
        int first = PartOf(hash) & ~(positions - 1);
        Array.Fill(_buckets, refilled, first, positions);
        Spare(old);
    }

    private SubTable Split(ulong hash, SubTable table)
    {
        if (table.Depth == _depth)
            DoubleDirectory();
        BucketArray old = table.Buckets;
        uint tagMask = MaskFor(table);
        int depth = table.Depth + 1;
        var lower = new SubTable(NewBuckets(FullBuckets, tagMask), depth);
        var upper = new SubTable(NewBuckets(FullBuckets, tagMask), depth);
        var mover = new Mover(lower.Buckets, upper.Buckets, 1ul << (HashBits - depth));
        Move(old, ref mover);
        lower.Live = mover.Lower;
        upper.Live = mover.Upper;
        int positions = 1 << (_depth - depth);
        int first = PartOf(hash) & ~((2 * positions) - 1);
        Array.Fill(_tables, lower, first, positions);
        Array.Fill(_buckets, lower.Buckets, first, positions);
        Array.Fill(_tables, upper, first + positions, positions);
        Array.Fill(_buckets, upper.Buckets, first + positions, positions);
        Spare(old);
        return _tables[PartOf(hash)];
    }

    /// <summary>
    /// Lists every entry of an array again. Keys are looked up in blocks: the loads of a block do
    /// not wait for one another, which makes a refill some ten times shorter.
    /// </summary>
    private void Move(BucketArray old, ref Mover mover)
    {
        Span<uint> records = stackalloc uint[HashedAtOnce + BucketArray.Entries];
        Span<ulong> hashes = stackalloc ulong[HashedAtOnce + BucketArray.Entries];
        for (uint bucket = 0; bucket < old.Buckets;)
        {
            int count = 0;
            for (; bucket < old.Buckets && count < HashedAtOnce; bucket++)
            {
                foreach (uint entry in old.EntriesOf(bucket))
                {
                    records[count] = entry & ~old.TagMask;
                    count += entry == IndexEntry.Empty ? 0 : 1;
                }
            }

            _keys.HashesOf(records[..count], hashes);
            for (int i = 0; i < count; i++)
                mover.Place(hashes[i], records[i]);
        }
    }

    private void DoubleDirectory()
    {
        var tables = new SubTable[2 * _tables.Length];
        var buckets = new BucketArray[2 * _tables.Length];
        for (int i = 0; i < tables.Length; i++)
        {
            tables[i] = _tables[i / 2];
            buckets[i] = _buckets[i / 2];
        }

        _tables = tables;
        _buckets = buckets;
        _depth++;
        _shift--;
    }

    private BucketArray NewBuckets(int buckets, uint tagMask)
    {
        int spare = _spares.FindIndex(kept => kept.Buckets == buckets);
        if (spare < 0)
            return new(buckets, tagMask);
        BucketArray found = _spares[spare];
        _spares.RemoveAt(spare);
        return found.Emptied(tagMask);
    }

    private void Spare(BucketArray buckets)
    {
        if (_spares.Count == SparesKept)
            _spares.RemoveAt(0);
        _spares.Add(buckets);
    }

    /// <summary>Where entries go when a sub-table is refilled (one array) or split (two).</summary>
    private ref struct Mover(BucketArray lower, BucketArray upper, ulong splitBit)
    {
        internal int Lower { get; private set; }

        internal int Upper { get; private set; }

        internal void Place(ulong hash, uint record)
        {
            bool up = (hash & splitBit) != 0;
            (up ? upper : lower).Insert(hash, record);
            Upper += up ? 1 : 0;
            Lower += up ? 0 : 1;
        }
    }
}
