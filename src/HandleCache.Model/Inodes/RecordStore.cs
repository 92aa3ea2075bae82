using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Memory;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Records of one size in segments of 65,536, so that growing never copies more than the first,
/// small segment. Free records are listed per segment; a segment without live records is kept for
/// the next growth or, where many are empty, given back to the collector. Record 0 is never used.
/// </summary>
internal sealed class RecordStore
{
    internal const int SegmentShift = 16;
    internal const int SegmentRecords = 1 << SegmentShift;
    internal const uint MaxRecords = IndexEntry.MaxRecord;

    private const int FirstSegmentRecords = 256;
    private const int NoSegment = -1;
    private const int NoRecord = 0;

    /// <summary>Empty segments kept: this share of those in use, and at least two.</summary>
    private const int KeptEmptyShare = 8;

    /// <summary>Fixed part, slot header and the first 8 bytes of a handle.</summary>
    private const int TouchedBytes = 32;

    private readonly int _touchedAt;
    private View[] _views = [];
    private PinnedLines[] _data = [];
    private Segment[] _segments = [];
    private int _used;
    private int _emptySegments;
    private int _heldSegments;
    private int _withRoom = NoSegment;

    internal RecordStore(int recordBytes)
    {
        RecordBytes = (recordBytes + 3) & ~3;
        _touchedAt = Math.Min(RecordBytes, TouchedBytes) - 1;
    }

    /// <summary>The stride: header and slot, rounded up to 4.</summary>
    internal int RecordBytes { get; }

    internal int Live { get; private set; }

    /// <summary>One above the highest record number ever used.</summary>
    internal uint Bound => (uint)_used << SegmentShift;

    internal long MemoryBytes
    {
        get
        {
            long all = 0;
            for (int i = 0; i < _used; i++)
                all += _data[i].AllocatedBytes;
            return all + ((long)_segments.Length
                * (Segment.SizeBytes + View.SizeBytes + PinnedLines.SizeBytes));
        }
    }

    /// <summary>The same records under the same numbers, in memory of their own.</summary>
    internal RecordStore Copy(LinePool pool)
    {
        RecordStore copy = (RecordStore)MemberwiseClone();
        copy._data = [.. _data];
        copy._views = [.. _views];
        copy._segments = [.. _segments];
        for (int i = 0; i < _used; i++)
        {
            if (_data[i].IsNone)
                continue;
            copy._data[i] = pool.Copy(_data[i]);
            copy._views[i].First = copy._data[i].First;
        }

        return copy;
    }

    /// <summary>Gives the memory back; there are no records afterwards.</summary>
    internal void Recycle(LinePool pool)
    {
        foreach (PinnedLines data in _data)
            pool.Give(data);
        (_data, _views, _segments) = ([], [], []);
        (_used, Live) = (0, 0);
    }

    /// <summary>The record's bytes; its segment must be in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InodeRecord At(uint record)
    {
        ref readonly View view = ref _views[(int)(record >> SegmentShift)];
        int local = (int)(record & (SegmentRecords - 1));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(local, view.Records);
        return new(ref PinnedLines.At(view.First + (local * RecordBytes)));
    }

    /// <summary>
    /// <see cref="At(uint)"/> of a number that an index has just given: unchecked.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal InodeRecord Listed(uint record)
    {
        // SAFETY: an index lists records in use alone (Validate), and these lie in a segment that
        // has a view and room for them.
        ref readonly View view = ref Unsafe.Add(
            ref MemoryMarshal.GetArrayDataReference(_views), record >> SegmentShift);
        uint position = (record & (SegmentRecords - 1)) * (uint)RecordBytes;
        return new(ref PinnedLines.At(view.First + (nint)position));
    }

    /// <summary>
    /// Reads what an iget hit needs of each record, so that it is in the processor's cache, and
    /// gives the records' addresses, good until the store changes.
    /// </summary>
    internal void Touch(ReadOnlySpan<InodeIndex> records, Span<nint> addresses)
    {
        addresses = addresses[..records.Length];
        for (int i = 0; i < addresses.Length; i++)
        {
            uint record = records[i].Value;
            ref readonly View view = ref _views[(int)(record >> SegmentShift)];
            int local = (int)(record & (SegmentRecords - 1));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(local, view.Records);
            addresses[i] = view.First + (local * RecordBytes);
        }

        PinnedLines.Touch(addresses);
        if (PinnedLines.LineBytes % RecordBytes == 0)
            return;
        foreach (nint address in addresses)
            Volatile.Read(ref PinnedLines.At(address + _touchedAt));
    }

    /// <summary>A record by its address, as <see cref="Touch"/> gives it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static InodeRecord At(nint address) => new(ref PinnedLines.At(address));

    /// <summary>Takes a record; its contents are undefined.</summary>
    /// <exception cref="InvalidOperationException">2^28 - 1 records are in use.</exception>
    internal uint Take()
    {
        if (_withRoom == NoSegment)
            AddSegment();
        int number = _withRoom;
        ref Segment segment = ref _segments[number];
        uint local = segment.Free;
        if (local != NoRecord)
            segment.Free = (uint)At(Global(number, local - 1)).NodeId;
        else
            local = TakeFresh(number, ref segment);
        if (segment.Live++ == 0)
            _emptySegments--;
        if (segment.Free == NoRecord && segment.Fresh == SegmentRecords)
            Unlink(ref segment);
        Live++;
        return Global(number, local - 1);
    }

    /// <summary>Gives a record back.</summary>
    internal void Give(uint record, InodeRecord freed)
    {
        int number = (int)(record >> SegmentShift);
        ref Segment segment = ref _segments[number];
        bool full = segment.Free == NoRecord && segment.Fresh == SegmentRecords;
        freed.TypeAndState = 0;
        freed.NodeId = segment.Free;
        segment.Free = (record & (SegmentRecords - 1)) + 1;
        Live--;
        if (full)
            Link(number, ref segment);
        if (--segment.Live == 0)
        {
            _emptySegments++;
            ReleaseSpare(number, ref segment);
        }
    }

    /// <summary>Whether the number names a record in use; never throws.</summary>
    internal bool IsLive(uint record)
    {
        int number = (int)(record >> SegmentShift);
        return record != 0 && number < _used
            && (record & (SegmentRecords - 1)) < _segments[number].Fresh
            && !_data[number].IsNone
            && At(record).Has(InodeState.Live);
    }

    /// <summary>
    /// The first record in use behind <paramref name="after"/>; 0 for none. What was never used of
    /// a segment is not walked: a small cache has hardly begun its first one.
    /// </summary>
    internal uint NextLive(uint after)
    {
        uint record = after + 1;
        for (int number = (int)(record >> SegmentShift); number < _used; number++)
        {
            uint end = _data[number].IsNone
                ? 0
                : Global(number, 0) + (uint)_segments[number].Fresh;
            for (; record < end; record++)
            {
                if (At(record).Has(InodeState.Live))
                    return record;
            }

            record = Global(number + 1, 0);
        }

        return NoRecord;
    }

    /// <summary>Recounts segments, live and free records.</summary>
    internal void Validate(ValidationErrors errors)
    {
        int all = 0;
        int empty = 0;
        int held = 0;
        for (int number = 0; number < _used; number++)
        {
            Segment segment = _segments[number];
            int live = 0;
            for (uint local = (uint)Reserved(number); local < segment.Fresh; local++)
                live += At(Global(number, local)).Has(InodeState.Live) ? 1 : 0;
            errors.Equal("segment-live", live, segment.Live);
            int dead = segment.Fresh - Reserved(number) - live;
            errors.Equal("segment-free", CountFree(number, segment), dead);
            all += live;
            held += _data[number].IsNone ? 0 : 1;
            empty += !_data[number].IsNone && segment.Live == 0 ? 1 : 0;
        }

        errors.Equal("records-live", all, Live);
        errors.Equal("segments-empty", empty, _emptySegments);
        errors.Equal("segments-held", held, _heldSegments);
    }

    /// <summary>For tests of the validator: makes a counter lie.</summary>
    internal void CorruptLive() => Live++;

    /// <summary>For tests of the validator: loses the first segment's free list.</summary>
    internal void CorruptFreeList() => _segments[0].Free = NoRecord;

    private static uint Global(int number, uint local) => ((uint)number << SegmentShift) | local;

    // Record 0 is taken from the start and never live.
    private static int Reserved(int number) => number == 0 ? 1 : 0;

    private int CountFree(int number, Segment segment)
    {
        int count = 0;
        uint local = segment.Free;
        while (local != NoRecord && local <= segment.Fresh && count <= segment.Fresh)
        {
            count++;
            local = (uint)At(Global(number, local - 1)).NodeId;
        }

        return count;
    }

    private uint TakeFresh(int number, ref Segment segment)
    {
        int records = _views[number].Records;
        if (segment.Fresh == records)
        {
            // Only the first segment begins small.
            PinnedLines old = _data[number];
            int grown = Math.Min(SegmentRecords, 4 * records);
            SetData(number, grown);
            // SAFETY: both memories hold this many records.
            Unsafe.CopyBlock(
                ref PinnedLines.At(_views[number].First),
                ref PinnedLines.At(old.First),
                (uint)(records * RecordBytes));
            GC.KeepAlive(old.Owner);
        }

        return (uint)++segment.Fresh;
    }

    private void AddSegment()
    {
        int number = Array.FindIndex(_data, 0, _used, data => data.IsNone);
        if (number < 0)
        {
            number = _used;
            if (Bound > MaxRecords - SegmentRecords)
                throw new InvalidOperationException("the table holds 2^28 - 1 records already");
            if (number == _data.Length)
            {
                Array.Resize(ref _data, Math.Max(4, 2 * number));
                Array.Resize(ref _views, _data.Length);
                Array.Resize(ref _segments, _data.Length);
            }

            _used++;
        }

        SetData(number, number == 0 ? FirstSegmentRecords : SegmentRecords);
        _segments[number] = new() { Fresh = Reserved(number) };
        _emptySegments++;
        _heldSegments++;
        Link(number, ref _segments[number]);
    }

    /// <summary>Aligned: with a stride of 32 no record lies across two cache lines.</summary>
    private void SetData(int number, int records)
    {
        _data[number] = new(records * RecordBytes, zeroed: false);
        _views[number] = new() { First = _data[number].First, Records = records };
    }

    private void ReleaseSpare(int number, ref Segment segment)
    {
        int kept = Math.Max(2, _heldSegments / KeptEmptyShare);
        if (_emptySegments <= kept || number == 0)
            return;
        Unlink(ref segment);
        _data[number] = default;
        _views[number] = default;
        segment = default;
        _emptySegments--;
        _heldSegments--;
    }

    private void Link(int number, ref Segment segment)
    {
        segment.Previous = NoSegment;
        segment.Next = _withRoom;
        if (_withRoom != NoSegment)
            _segments[_withRoom].Previous = number;
        _withRoom = number;
    }

    private void Unlink(ref Segment segment)
    {
        if (segment.Previous == NoSegment)
            _withRoom = segment.Next;
        else
            _segments[segment.Previous].Next = segment.Next;
        if (segment.Next != NoSegment)
            _segments[segment.Next].Previous = segment.Previous;
    }

    /// <summary>All that searches need of a segment; no records where it was released.</summary>
    private struct View
    {
        internal const int SizeBytes = 16;

        internal nint First;
        internal int Records;
    }

    private struct Segment
    {
        internal const int SizeBytes = 20;

        /// <summary>First free record plus one, or 0; the next is in the record's nodeid.</summary>
        internal uint Free;

        /// <summary>Records from here on were never used.</summary>
        internal int Fresh;
        internal int Live;
        internal int Next;
        internal int Previous;
    }
}
