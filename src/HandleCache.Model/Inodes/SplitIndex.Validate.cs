namespace HandleCache.Model.Inodes;

/// <summary>Recounting, and ways for tests to break it.</summary>
internal sealed partial class SplitIndex<TKeys>
{
    /// <summary>
    /// Recounts entries and overflows, and checks that every entry is found from its record's
    /// hash. <paramref name="isLive"/> says which records may be listed.
    /// </summary>
    internal void Validate(string name, Func<uint, bool> isLive, ValidationErrors errors)
    {
        int all = 0;
        SubTable? last = null;
        for (int i = 0; i < _tables.Length; i++)
        {
            bool same = _tables[i].Buckets.SharesMemoryWith(_buckets[i])
                && _tables[i].Buckets.TagMask == _buckets[i].TagMask;
            errors.Equal(name + "-directory", same ? 1 : 0, 1);
            if (_tables[i] == last)
                continue;
            last = _tables[i];
            all += ValidateTable(name, i, last, isLive, errors);
        }

        errors.Equal(name + "-entries", all, Count);
    }

    /// <summary>For tests: entries that lie behind their home, once per bucket passed.</summary>
    internal long CountPassed()
    {
        long all = 0;
        foreach (SubTable table in _tables.Distinct())
        {
            for (uint bucket = 0; bucket < table.Buckets.Buckets; bucket++)
                all += BucketArray.Passed(ref table.Buckets.At(bucket));
        }

        return all;
    }

    /// <summary>For tests of the growth: buckets of all sub-tables.</summary>
    internal int CountBuckets() =>
        _tables.Distinct().Sum(table => (int)table.Buckets.Buckets);

    /// <summary>For tests of the validator: loses one entry without counting it.</summary>
    internal void CorruptEntry(ulong hash, uint record) =>
        _buckets[PartOf(hash)].Remove(hash, record);

    /// <summary>For tests of the validator: an overflow that is none.</summary>
    internal void CorruptPassed(ulong hash)
    {
        BucketArray buckets = _buckets[PartOf(hash)];
        BucketArray.Passed(ref buckets.At(buckets.Home(hash)))++;
    }

    private int ValidateTable(
        string name, int position, SubTable table, Func<uint, bool> isLive, ValidationErrors errors)
    {
        BucketArray buckets = table.Buckets;
        uint[] passed = new uint[buckets.Buckets];
        int live = 0;
        for (uint bucket = 0; bucket < buckets.Buckets; bucket++)
        {
            foreach (uint entry in buckets.EntriesOf(bucket))
            {
                uint record = entry & ~buckets.TagMask;
                if (entry == IndexEntry.Empty)
                    continue;
                live++;
                if (!isLive(record))
                {
                    errors.Add(name + "-dead-record", record, 0);
                    continue;
                }

                ulong hash = ValidateEntry(name, position, table, entry, errors);
                for (uint at = buckets.Home(hash); at != bucket; at = buckets.After(at))
                    passed[at]++;
            }
        }

        errors.Equal(name + "-sub-table-live", live, table.Live);
        for (uint bucket = 0; bucket < buckets.Buckets; bucket++)
        {
            uint recorded = BucketArray.Passed(ref buckets.At(bucket));
            errors.Equal(name + "-overflow", passed[bucket], recorded);
        }

        return live;
    }

    /// <summary>An entry is found from its home, since all on the way count it as passed.</summary>
    private ulong ValidateEntry(
        string name, int position, SubTable table, uint entry, ValidationErrors errors)
    {
        uint mask = table.Buckets.TagMask;
        ulong hash = _keys.HashOf(entry & ~mask);
        errors.Equal(name + "-tag", entry & mask, IndexEntry.TagOf(hash, mask));
        int part = table.Depth == 0 ? 0 : (int)(hash >> (HashBits - table.Depth));
        errors.Equal(name + "-part", part, position >> (_depth - table.Depth));
        return hash;
    }
}
