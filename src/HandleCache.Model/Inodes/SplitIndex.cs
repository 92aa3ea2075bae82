using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HandleCache.Model.Inodes;

/// <summary>
/// An extendible hash from keys to record numbers: a directory by the hash's upper bits leads to
/// small open-addressing sub-tables of 4-byte entries. A full sub-table splits in two, so that no
/// insertion ever rehashes more than one sub-table of some 50,000 entries, and the load stays
/// between 0.375 and 0.75. Keys are not stored: a match looks at the record. Several records may
/// have equal keys. Removed entries leave a mark; marks are swept, one sub-table at a
/// time, when they have come to a quarter of the live entries.
/// <para>
/// A sub-table's array holds: the tag mask (<see cref="IndexEntry"/>); the slots; the first
/// <see cref="Lanes"/> slots once more, so that comparing several from any slot on stays inside.
/// </para>
/// </summary>
internal sealed partial class SplitIndex<TKeys>
    where TKeys : struct, IIndexKeys
{
    /// <summary>Slots of a sub-table that is not small any more.</summary>
    internal const int FullSlots = 1 << 16;

    private const int FirstSlots = 64;
    private const int HashBits = 64;
    private const int Header = 1;

    /// <summary>Entries compared at once.</summary>
    private const int Lanes = 8;

    private readonly TKeys _keys;

    // By the upper _depth bits of the hash; several positions may share one sub-table. _slots
    // repeats SubTable.Slots, one load less for a search.
    private uint[][] _slots;
    private SubTable[] _tables;
    private int _depth = 1;

    internal SplitIndex(TKeys keys)
    {
        _keys = keys;
        var first = new SubTable(NewSlots(FirstSlots, IndexEntry.TagMaskFor(0)), depth: 0);
        _tables = [first, first];
        _slots = [first.Slots, first.Slots];
    }

    internal int Count { get; private set; }

    /// <summary>
    /// The first record of this hash that <paramref name="match"/> accepts, or 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Find<TMatch>(ulong hash, scoped ref TMatch match)
        where TMatch : struct, IIndexMatch, allows ref struct
    {
        uint[] slots = _slots[(int)(hash >> (HashBits - _depth))];
        uint slotCount = SlotCount(slots);
        uint at = Home(hash, slotCount);
        // SAFETY: every array has at least FirstSlots slots; at < slotCount, by Home and by the
        // wrap below, so Header + at + Lanes <= slots.Length.
        ref uint first = ref MemoryMarshal.GetArrayDataReference(slots);
        uint mask = first;
        Vector256<uint> masks = Vector256.Create(mask);
        Vector256<uint> tags = Vector256.Create(IndexEntry.TagOf(hash, mask));
        while (true)
        {
            ref uint here = ref Unsafe.Add(ref first, Header + at);
            Vector256<uint> entries = Vector256.LoadUnsafe(ref here);
            uint same = Vector256.Equals(entries & masks, tags).ExtractMostSignificantBits();
            uint empty = Vector256.IsZero(entries).ExtractMostSignificantBits();
            // Entries behind an empty slot belong to other probes.
            same &= (empty - 1) & ~empty;
            while (same != 0)
            {
                uint record = Unsafe.Add(ref here, BitOperations.TrailingZeroCount(same)) & ~mask;
                if (record != 0 && match.IsMatch(record))
                    return record;
                same &= same - 1;
            }

            if (empty != 0)
                return 0;
            at += Lanes;
            at -= at >= slotCount ? slotCount : 0;
        }
    }

    /// <summary>Step one of a search with many keys in flight: arithmetic only.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal IndexPlace Locate(ulong hash)
    {
        uint part = (uint)(hash >> (HashBits - _depth));
        return new(hash, part, Header + Home(hash, SlotCount(_slots[(int)part])));
    }

    /// <summary>
    /// Step two: reads the cache lines at the place, and nothing waits for them. A volatile read is
    /// one that the compiler does not leave out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Touch(IndexPlace place)
    {
        // SAFETY: as in Find: Header + Home + Lanes <= slots.Length.
        ref uint here = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_slots[(int)place.Part]), place.At);
        Volatile.Read(ref here);
        Volatile.Read(ref Unsafe.Add(ref here, Lanes - 1));
    }

    /// <summary>
    /// Step three: the record of the first entry from the place on whose tag fits, or some other
    /// that is listed; likely, not certain, to be the one sought. 0 where there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Guess(IndexPlace place)
    {
        // SAFETY: as in Touch; the second eight are looked at only where the array has them.
        uint[] slots = _slots[(int)place.Part];
        ref uint here = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(slots), place.At);
        uint mask = slots[0];
        uint tag = IndexEntry.TagOf(place.Hash, mask);
        uint same = SameTags(ref here, mask, tag);
        if (same == 0 && place.At + (2 * Lanes) <= slots.Length)
        {
            here = ref Unsafe.Add(ref here, Lanes);
            same = SameTags(ref here, mask, tag);
        }

        int lane = BitOperations.TrailingZeroCount(same | (1u << (Lanes - 1)));
        return Unsafe.Add(ref here, lane) & ~mask;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SameTags(ref uint here, uint mask, uint tag) => Vector256.Equals(
        Vector256.LoadUnsafe(ref here) & Vector256.Create(mask), Vector256.Create(tag))
        .ExtractMostSignificantBits();

    /// <summary>Lists a record under a hash; the record must hold its key already.</summary>
    internal void Insert(ulong hash, uint record)
    {
        SubTable table = _tables[(int)(hash >> (HashBits - _depth))];
        if ((record & table.Slots[0]) != 0)
            Retag(hash, table, record);
        if (table.Used >= Limit(table.Slots))
            table = MakeRoom(hash, table);
        uint[] slots = table.Slots;
        uint at = FreeSlot(hash, slots);
        if (slots[Header + at] == IndexEntry.Empty)
            table.Used++;
        Write(slots, at, IndexEntry.TagOf(hash, slots[0]) | record);
        table.Live++;
        Count++;
    }

    /// <summary>Unlists a record; false where it is not listed under this hash.</summary>
    internal bool Remove(ulong hash, uint record)
    {
        SubTable table = _tables[(int)(hash >> (HashBits - _depth))];
        uint[] slots = table.Slots;
        uint slotCount = SlotCount(slots);
        uint at = Home(hash, slotCount);
        // SAFETY: as in Find.
        ref uint first = ref MemoryMarshal.GetArrayDataReference(slots);
        Vector256<uint> sought = Vector256.Create(IndexEntry.TagOf(hash, first) | record);
        while (true)
        {
            Vector256<uint> entries = Vector256.LoadUnsafe(ref Unsafe.Add(ref first, Header + at));
            uint same = Vector256.Equals(entries, sought).ExtractMostSignificantBits();
            if (same != 0)
            {
                at += (uint)BitOperations.TrailingZeroCount(same);
                Unlist(table, at - (at >= slotCount ? slotCount : 0), slotCount);
                return true;
            }

            if (Vector256.IsZero(entries) != Vector256<uint>.Zero)
                return false;
            at += Lanes;
            at -= at >= slotCount ? slotCount : 0;
        }
    }

    private static uint SlotCount(uint[] slots) => (uint)slots.Length - (Header + Lanes);

    /// <summary>
    /// Where a key's search begins: the hash's lower 32 bits, scaled to the slots.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Home(ulong hash, uint slotCount) =>
        (uint)(((ulong)(uint)hash * slotCount) >> 32);

    /// <summary>Writes a slot, and its repetition behind the last slot where it has one.</summary>
    private static void Write(uint[] slots, uint at, uint entry)
    {
        slots[Header + at] = entry;
        if (at < Lanes)
            slots[Header + SlotCount(slots) + at] = entry;
    }

    private static uint FreeSlot(ulong hash, uint[] slots)
    {
        uint slotCount = SlotCount(slots);
        uint mask = slots[0];
        uint at = Home(hash, slotCount);
        while (IndexEntry.IsRecord(slots[Header + at], mask))
            at = at + 1 == slotCount ? 0 : at + 1;
        return at;
    }

    /// <summary>
    /// Takes an entry out. In front of an empty slot no mark is needed, nor are the marks before.
    /// </summary>
    private void Unlist(SubTable table, uint at, uint slotCount)
    {
        uint[] slots = table.Slots;
        table.Live--;
        Count--;
        uint next = at + 1 == slotCount ? 0 : at + 1;
        if (slots[Header + next] != IndexEntry.Empty)
        {
            Write(slots, at, IndexEntry.Removed);
            return;
        }

        do
        {
            Write(slots, at, IndexEntry.Empty);
            table.Used--;
            at = at == 0 ? slotCount - 1 : at - 1;
        }
        while (slots[Header + at] == IndexEntry.Removed);
    }

    /// <summary>A part of the index: entries and how many upper hash bits they share.</summary>
    private sealed class SubTable(uint[] slots, int depth)
    {
        internal uint[] Slots { get; set; } = slots;

        internal int Depth { get; } = depth;

        internal int Live { get; set; }

        /// <summary>Live entries and marks of removed ones.</summary>
        internal int Used { get; set; }
    }
}
