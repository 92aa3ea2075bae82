namespace HandleCache.Model.Inodes;

/// <summary>Recounting, and one way for tests to break it.</summary>
internal sealed partial class SplitIndex<TKeys>
{
    /// <summary>
    /// Recounts entries and marks, and checks that every entry is found from its record's hash.
    /// <paramref name="isLive"/> says which records may be listed.
    /// </summary>
    internal void Validate(string name, Func<uint, bool> isLive, ValidationErrors errors)
    {
        int all = 0;
        SubTable? last = null;
        for (int i = 0; i < _tables.Length; i++)
        {
            errors.Equal(name + "-directory", _tables[i].Slots == _slots[i] ? 1 : 0, 1);
            if (_tables[i] == last)
                continue;
            last = _tables[i];
            all += ValidateTable(name, i, last, isLive, errors);
        }

        errors.Equal(name + "-entries", all, Count);
    }

    /// <summary>For tests of the sweeping: slots that hold nothing but a mark.</summary>
    internal int CountMarks() =>
        _tables.Distinct().Sum(table => table.Used - table.Live);

    /// <summary>For tests of the sweeping: slots of all sub-tables.</summary>
    internal int CountSlots() =>
        _tables.Distinct().Sum(table => (int)SlotCount(table.Slots));

    /// <summary>For tests of the validator: loses one entry without counting it.</summary>
    internal void CorruptEntry(ulong hash, uint record)
    {
        uint[] slots = _tables[(int)(hash >> (HashBits - _depth))].Slots;
        uint at = Home(hash, SlotCount(slots));
        while (slots[Header + at] != (IndexEntry.TagOf(hash, slots[0]) | record))
            at++;
        Write(slots, at, IndexEntry.Removed);
    }

    private int ValidateTable(
        string name, int position, SubTable table, Func<uint, bool> isLive, ValidationErrors errors)
    {
        uint[] slots = table.Slots;
        uint slotCount = SlotCount(slots);
        int live = 0;
        int used = 0;
        for (uint at = 0; at < slotCount; at++)
        {
            uint entry = slots[Header + at];
            if (at < Lanes)
                errors.Equal(name + "-repetition", slots[Header + slotCount + at], entry);
            used += entry == IndexEntry.Empty ? 0 : 1;
            uint record = entry & ~slots[0];
            if (record == 0)
                continue;
            live++;
            if (isLive(record))
                ValidateEntry(name, position, table, at, errors);
            else
                errors.Add(name + "-dead-record", record, 0);
        }

        errors.Equal(name + "-sub-table-live", live, table.Live);
        errors.Equal(name + "-sub-table-used", used, table.Used);
        return live;
    }

    private void ValidateEntry(
        string name, int position, SubTable table, uint at, ValidationErrors errors)
    {
        uint[] slots = table.Slots;
        uint entry = slots[Header + at];
        ulong hash = _keys.HashOf(entry & ~slots[0]);
        errors.Equal(name + "-tag", entry & slots[0], IndexEntry.TagOf(hash, slots[0]));
        int part = table.Depth == 0 ? 0 : (int)(hash >> (HashBits - table.Depth));
        errors.Equal(name + "-part", part, position >> (_depth - table.Depth));
        if (!IsReachable(hash, slots, at))
            errors.Add(name + "-unreachable", at, Home(hash, SlotCount(slots)));
    }

    private static bool IsReachable(ulong hash, uint[] slots, uint sought)
    {
        uint slotCount = SlotCount(slots);
        uint at = Home(hash, slotCount);
        for (uint steps = 0; steps < slotCount && slots[Header + at] != IndexEntry.Empty; steps++)
        {
            if (at == sought)
                return true;
            at = at + 1 == slotCount ? 0 : at + 1;
        }

        return false;
    }
}
