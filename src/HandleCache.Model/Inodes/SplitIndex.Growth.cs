namespace HandleCache.Model.Inodes;

/// <summary>
/// Growing, splitting and sweeping, one sub-table at a time. Arrays that are given up serve again,
/// so that a population that comes and goes allocates nothing.
/// </summary>
internal sealed partial class SplitIndex<TKeys>
{
    private const int SparesKept = 4;

    /// <summary>
    /// Records whose keys are hashed at a time, with their cache misses in flight.
    /// </summary>
    private const int HashedAtOnce = 64;

    private readonly List<uint[]> _spares = new(SparesKept);

    internal long MemoryBytes
    {
        get
        {
            long all = (long)_slots.Length * 2 * IntPtr.Size;
            foreach (uint[] spare in _spares)
                all += spare.Length * sizeof(uint);
            SubTable? last = null;
            foreach (SubTable table in _tables)
            {
                all += table == last ? 0 : table.Slots.Length * sizeof(uint);
                last = table;
            }

            return all;
        }
    }

    private static int Limit(uint[] slots)
    {
        int slotCount = (int)SlotCount(slots);
        return slotCount - (slotCount / 4);
    }

    /// <summary>
    /// Sweeps, grows or splits a full sub-table; returns the one that the hash is in.
    /// </summary>
    private SubTable MakeRoom(ulong hash, SubTable table)
    {
        int slotCount = (int)SlotCount(table.Slots);
        int marks = table.Used - table.Live;
        if (marks > table.Live / 4)
            Refill(hash, table, slotCount, table.Slots[0]);
        else if (slotCount < FullSlots)
            Refill(hash, table, 2 * slotCount, MaskFor(table));
        else
            return Split(hash, table);
        return table;
    }

    /// <summary>
    /// Makes the entries' tags narrower, so that a higher record number fits. Growth by splits does
    /// not come here, see <see cref="MaskFor"/>.
    /// </summary>
    private void Retag(ulong hash, SubTable table, uint record) =>
        Refill(hash, table, (int)SlotCount(table.Slots), IndexEntry.TagMaskFor(record));

    /// <summary>
    /// Tags for a sub-table that grows: as wide as fits twice the present records, so that the next
    /// split comes before a number that needs narrower ones.
    /// </summary>
    private uint MaskFor(SubTable table) =>
        table.Slots[0] & IndexEntry.TagMaskFor((uint)Math.Min(IndexEntry.MaxRecord, 2L * Count));

    /// <summary>Moves a sub-table's entries to an array of another size or tag width.</summary>
    private void Refill(ulong hash, SubTable table, int slotCount, uint tagMask)
    {
        uint[] old = table.Slots;
        uint[] slots = NewSlots(slotCount, tagMask);
        var mover = new Mover(slots, slots, splitBit: 0);
        Move(old, ref mover);
        table.Slots = slots;
        table.Used = table.Live;
        int positions = 1 << (_depth - table.Depth);
        int first = (int)(hash >> (HashBits - _depth)) & ~(positions - 1);
        Array.Fill(_slots, slots, first, positions);
        Spare(old);
    }

    private SubTable Split(ulong hash, SubTable table)
    {
        if (table.Depth == _depth)
            DoubleDirectory();
        uint[] old = table.Slots;
        uint tagMask = MaskFor(table);
        int depth = table.Depth + 1;
        var lower = new SubTable(NewSlots(FullSlots, tagMask), depth);
        var upper = new SubTable(NewSlots(FullSlots, tagMask), depth);
        var mover = new Mover(lower.Slots, upper.Slots, 1ul << (HashBits - depth));
        Move(old, ref mover);
        lower.Live = lower.Used = mover.Lower;
        upper.Live = upper.Used = mover.Upper;
        int positions = 1 << (_depth - depth);
        int first = (int)(hash >> (HashBits - _depth)) & ~((2 * positions) - 1);
        Array.Fill(_tables, lower, first, positions);
        Array.Fill(_slots, lower.Slots, first, positions);
        Array.Fill(_tables, upper, first + positions, positions);
        Array.Fill(_slots, upper.Slots, first + positions, positions);
        Spare(old);
        return _tables[(int)(hash >> (HashBits - _depth))];
    }

    /// <summary>
    /// Lists every entry of an array anew. Keys are looked up in blocks: the loads of a block do
    /// not wait for one another, which makes a refill some ten times shorter.
    /// </summary>
    private void Move(uint[] old, ref Mover mover)
    {
        Span<uint> records = stackalloc uint[HashedAtOnce];
        Span<ulong> hashes = stackalloc ulong[HashedAtOnce];
        uint mask = old[0];
        int slotCount = (int)SlotCount(old);
        for (int at = 0; at < slotCount;)
        {
            int count = 0;
            for (; at < slotCount && count < HashedAtOnce; at++)
            {
                records[count] = old[Header + at] & ~mask;
                count += records[count] != 0 ? 1 : 0;
            }

            for (int i = 0; i < count; i++)
                hashes[i] = _keys.HashOf(records[i]);
            for (int i = 0; i < count; i++)
                mover.Place(hashes[i], records[i]);
        }
    }

    private void DoubleDirectory()
    {
        var tables = new SubTable[2 * _tables.Length];
        var slots = new uint[2 * _tables.Length][];
        for (int i = 0; i < tables.Length; i++)
        {
            tables[i] = _tables[i / 2];
            slots[i] = _slots[i / 2];
        }

        _tables = tables;
        _slots = slots;
        _depth++;
    }

    private uint[] NewSlots(int slotCount, uint tagMask)
    {
        int length = Header + slotCount + Lanes;
        uint[]? slots = null;
        for (int i = 0; i < _spares.Count && slots is null; i++)
        {
            if (_spares[i].Length != length)
                continue;
            slots = _spares[i];
            _spares.RemoveAt(i);
            Array.Clear(slots);
        }

        slots ??= new uint[length];
        slots[0] = tagMask;
        return slots;
    }

    private void Spare(uint[] slots)
    {
        if (_spares.Count == SparesKept)
            _spares.RemoveAt(0);
        _spares.Add(slots);
    }

    /// <summary>Where entries go when a sub-table is refilled (one array) or split (two).</summary>
    private ref struct Mover(uint[] lower, uint[] upper, ulong splitBit)
    {
        internal int Lower { get; private set; }

        internal int Upper { get; private set; }

        internal void Place(ulong hash, uint record)
        {
            bool up = (hash & splitBit) != 0;
            uint[] slots = up ? upper : lower;
            Write(slots, FreeSlot(hash, slots), IndexEntry.TagOf(hash, slots[0]) | record);
            Upper += up ? 1 : 0;
            Lower += up ? 0 : 1;
        }
    }
}
