namespace HandleCache.Model.Kernel.Fuse;

/// <summary>Where an open directory stands in its directory's cache (ff->readdir).</summary>
internal sealed class DirectoryStream
{
    public long Position { get; set; }

    /// <summary>Bytes into the cache.</summary>
    public long CacheOffset { get; set; }

    public ulong Version { get; set; }

    public DirectoryStream Copy() => (DirectoryStream)MemberwiseClone();

    public void Rewind() => (Position, CacheOffset) = (0, 0);
}

/// <summary>A name as a directory lists it, without what READDIRPLUS adds.</summary>
internal readonly record struct ListedName(string Name, ulong Ino, ulong Offset, uint Type);

/// <summary>
/// The cache of a directory's names that FOPEN_CACHE_DIR asks for (struct fuse_inode, rdc; models
/// fuse_add_dirent_to_cache(), fuse_readdir_cache_end() and fuse_rdc_reset(), fs/fuse/readdir.c,
/// v6.18). Records lie in pages as the kernel lays them; one is never split.
/// </summary>
internal sealed class DirectoryListing
{
    public const int PageBytes = 4096;

    /// <summary>FUSE_NAME_OFFSET.</summary>
    private const int NameOffset = 24;

    private Dictionary<long, SortedList<int, ListedName>> _pages = [];

    /// <summary>All of the directory is there.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Bytes to the end of the last record.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>The directory offset that the next record must have come from.</summary>
    public long Position { get; private set; }

    public ulong Version { get; private set; }

    /// <summary>The directory's mtime when the cache was begun.</summary>
    public KernelTime MTime { get; set; }

    /// <summary>Its i_version then.</summary>
    public ulong IVersion { get; set; }

    /// <summary>The connection's epoch then.</summary>
    public int Epoch { get; set; }

    public DirectoryListing Copy()
    {
        DirectoryListing copy = (DirectoryListing)MemberwiseClone();
        copy._pages = _pages.ToDictionary(
            page => page.Key, page => new SortedList<int, ListedName>(page.Value));
        return copy;
    }

    public void Reset()
    {
        IsComplete = false;
        Version++;
        SizeBytes = 0;
        Position = 0;
    }

    /// <summary>The page cache of the directory is invalidated.</summary>
    public void DropPages() => _pages.Clear();

    public void DropPages(ulong first, ulong last)
    {
        foreach (long page in _pages.Keys.ToArray())
        {
            if ((ulong)page >= first && (ulong)page <= last)
                _pages.Remove(page);
        }
    }

    /// <summary>Adds a record read at a position, if it goes at the end of the cache.</summary>
    public void Add(in ListedName record, long position)
    {
        if (IsComplete || position != Position)
            return;
        int bytes = BytesOf(record);
        long page = SizeBytes / PageBytes;
        int offset = (int)(SizeBytes % PageBytes);
        if (offset + bytes > PageBytes)
            (page, offset) = (page + 1, 0);
        if (offset == 0)
            _pages[page] = [];
        if (!_pages.TryGetValue(page, out SortedList<int, ListedName>? records))
            return;
        records[offset] = record;
        SizeBytes = (page * PageBytes) + offset + bytes;
        Position = (long)record.Offset;
    }

    /// <summary>The directory's end was read at a position.</summary>
    public void End(long position) => IsComplete |= Position == position;

    /// <summary>The records of a page; null where it is gone.</summary>
    public SortedList<int, ListedName>? Page(long number) => _pages.GetValueOrDefault(number);

    /// <summary>FUSE_DIRENT_SIZE().</summary>
    public static int BytesOf(in ListedName record) => (NameOffset + record.Name.Length + 7) & ~7;
}
