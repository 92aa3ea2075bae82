namespace HandleCache.Model.Inodes;

/// <summary>
/// Data of others per inode record, by <see cref="InodeIndex"/>, in pages of at most the table's
/// segments; a page comes into being when first written and grows as it is used. A value outlives
/// its record: who removes a record clears what belongs to it.
/// </summary>
public sealed class SideTable<T>
    where T : struct
{
    private const int FirstElements = 16;

    private T[]?[] _pages = [];

    /// <summary>Memory of the pages' elements and of their list, counted in elements.</summary>
    public long ElementsAllocated
    {
        get
        {
            long all = 0;
            foreach (T[]? page in _pages)
                all += page?.Length ?? 0;
            return all;
        }
    }

    /// <summary>The value for reading; the default where none was written.</summary>
    public T Get(InodeIndex index)
    {
        int page = (int)(index.Value >> RecordStore.SegmentShift);
        int at = (int)(index.Value & (RecordStore.SegmentRecords - 1));
        return page < _pages.Length && _pages[page] is { } values && at < values.Length
            ? values[at]
            : default;
    }

    /// <summary>The value for writing; good until the next call of this method.</summary>
    public ref T At(InodeIndex index)
    {
        int page = (int)(index.Value >> RecordStore.SegmentShift);
        if (page >= _pages.Length)
            Array.Resize(ref _pages, Math.Max(page + 1, 2 * _pages.Length));
        int at = (int)(index.Value & (RecordStore.SegmentRecords - 1));
        ref T[]? values = ref _pages[page];
        if (values is null || at >= values.Length)
        {
            int elements = Math.Max(values?.Length ?? FirstElements, FirstElements);
            while (elements <= at)
                elements *= 2;
            Array.Resize(ref values, elements);
        }

        return ref values[at];
    }

    /// <summary>Back to the default.</summary>
    public void Clear(InodeIndex index)
    {
        int page = (int)(index.Value >> RecordStore.SegmentShift);
        int at = (int)(index.Value & (RecordStore.SegmentRecords - 1));
        if (page < _pages.Length && _pages[page] is { } values && at < values.Length)
            values[at] = default;
    }
}
