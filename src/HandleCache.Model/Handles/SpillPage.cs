using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Memory;
using Microsoft.Extensions.ObjectPool;

namespace HandleCache.Model.Handles;

/// <summary>
/// 64 KiB cut into slots of one size, the unit that the object pool keeps. Free slots form a list
/// through their own first four bytes. Slots begin at a cache line, so that one of at most 64 bytes
/// with a size that divides 64 lies in one; tags lie behind them. Each slot has a tag that grows
/// by one whenever the slot is taken (to odd) and given back (to even); a slot whose tag is used up
/// is never taken again.
/// </summary>
internal sealed class SpillPage : IResettable
{
    internal const int DataBytes = 64 * 1024;
    internal const int NoPage = -1;

    private const int NoSlot = -1;

    private readonly PinnedLines _lines;
    private readonly int _slotBytes;
    private int _free = NoSlot;
    private int _fresh;
    private int _retired;
    private uint _floor;

    internal SpillPage(int slotBytes)
    {
        _slotBytes = slotBytes;
        Slots = Math.Min(DataBytes / slotBytes, SpillReference.MaxSlots);
        _lines = new(DataBytes + (sizeof(uint) * Slots), zeroed: false);
    }

    /// <summary>The same slots with the same tags.</summary>
    internal SpillPage(SpillPage original, LinePool pool)
    {
        _slotBytes = original._slotBytes;
        Slots = original.Slots;
        _lines = pool.Take(original._lines);
        _floor = original._floor;
        _free = original._free;
        _fresh = original._fresh;
        _retired = original._retired;
        Outstanding = original.Outstanding;
        NextWithRoom = original.NextWithRoom;
        PreviousWithRoom = original.PreviousWithRoom;
        original.Data.CopyTo(Data);
        original.Tags.CopyTo(Tags);
    }

    internal int Slots { get; }

    /// <summary>Slots that were ever taken; they are the first ones, and have tags.</summary>
    internal int Fresh => _fresh;

    /// <summary>Where the first slot begins, as long as the page is held.</summary>
    internal nint First => _lines.First;

    internal int Outstanding { get; private set; }

    /// <summary>Slots that can still be taken.</summary>
    internal int Room => Slots - Outstanding - _retired;

    /// <summary>Neighbours in the list of pages with room, by page number.</summary>
    internal int NextWithRoom { get; set; } = NoPage;

    internal int PreviousWithRoom { get; set; } = NoPage;

    internal long MemoryBytes => DataBytes + ((long)sizeof(uint) * Slots);

    internal uint HighestTag
    {
        get
        {
            uint highest = _floor;
            foreach (uint tag in Tags)
                highest = Math.Max(highest, tag);
            return highest;
        }
    }

    /// <summary>
    /// Begins a life under a page number whose earlier pages used tags up to
    /// <paramref name="floor"/>, an even number.
    /// </summary>
    internal void Begin(uint floor) => _floor = floor;

    /// <summary>Takes a slot; the page must have room.</summary>
    internal int Take(out uint tag)
    {
        int slot = _free;
        if (slot == NoSlot)
        {
            slot = _fresh++;
            TagAt(First, slot) = _floor;
        }
        else
        {
            _free = BinaryPrimitives.ReadInt32LittleEndian(SlotAt(slot));
        }

        tag = ++Tags[slot];
        Outstanding++;
        return slot;
    }

    /// <summary>
    /// Gives a slot back; false where the tag is not that of the slot's present use.
    /// </summary>
    internal bool Give(int slot, uint tag)
    {
        if (!Holds(slot, tag))
            return false;
        uint next = ++Tags[slot];
        Outstanding--;
        if (next >= SpillReference.MaxTag - 1)
        {
            _retired++;
            return true;
        }

        BinaryPrimitives.WriteInt32LittleEndian(SlotAt(slot), _free);
        _free = slot;
        return true;
    }

    /// <summary>Whether this slot is in use under this very tag.</summary>
    internal bool Holds(int slot, uint tag) =>
        (uint)slot < (uint)_fresh && Tags[slot] == tag && (tag & 1) == 1;

    internal Span<byte> SlotAt(int slot)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)slot, (uint)Slots);
        return SlotAt(First, slot, _slotBytes);
    }

    /// <summary>A slot of a page that is held, below <see cref="Slots"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Span<byte> SlotAt(nint first, int slot, int slotBytes) =>
        // SAFETY: Slots of this size lie in the DataBytes behind the first line.
        MemoryMarshal.CreateSpan(ref PinnedLines.At(first + (slot * slotBytes)), slotBytes);

    /// <summary>Its tag: odd while the slot is in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint TagAt(nint first, int slot) =>
        // SAFETY: behind DataBytes there is a tag for each slot.
        ref Unsafe.As<byte, uint>(
            ref PinnedLines.At(first + DataBytes + (slot * sizeof(uint))));

    /// <summary>Gives the memory back; the page is not used afterwards.</summary>
    internal void Recycle(LinePool pool) => pool.Give(_lines);

    // SAFETY: as SlotAt and TagAt, all of them that were ever taken.
    private Span<byte> Data =>
        MemoryMarshal.CreateSpan(ref PinnedLines.At(First), _fresh * _slotBytes);

    private Span<uint> Tags => MemoryMarshal.CreateSpan(ref TagAt(First, 0), _fresh);

    /// <summary>Empties the page for its next life; refused while a slot is in use.</summary>
    public bool TryReset()
    {
        if (Outstanding != 0)
            return false;
        _free = NoSlot;
        _fresh = 0;
        _retired = 0;
        NextWithRoom = PreviousWithRoom = NoPage;
        return true;
    }

    /// <summary>Recounts slots in use, free and retired.</summary>
    internal void Validate(ValidationErrors errors)
    {
        int used = 0;
        int retired = 0;
        for (int slot = 0; slot < _fresh; slot++)
        {
            used += (int)(Tags[slot] & 1);
            retired += Tags[slot] == SpillReference.MaxTag - 1 ? 1 : 0;
        }

        int free = 0;
        int at = _free;
        for (; at != NoSlot && free <= _fresh; free++)
        {
            if ((uint)at >= (uint)_fresh || (Tags[at] & 1) == 1)
            {
                errors.Add("spill-free-list-slot", at, _fresh);
                return;
            }

            at = BinaryPrimitives.ReadInt32LittleEndian(SlotAt(at));
        }

        errors.Equal("spill-page-outstanding", used, Outstanding);
        errors.Equal("spill-page-retired", retired, _retired);
        errors.Equal("spill-page-free", free, _fresh - Outstanding - _retired);
    }

    /// <summary>For tests of the validator: makes one counter lie.</summary>
    internal void CorruptOutstanding() => Outstanding++;

    /// <summary>For tests of the tags: puts a free slot near the end of its tags.</summary>
    internal void AgeSlot(int slot, uint tag) => Tags[slot] = tag;
}
