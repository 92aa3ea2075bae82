namespace HandleCache.Model.Memory;

/// <summary>
/// Memory that copies of one table give back, for the next copy. To take many small pieces from the
/// collector's pinned heap costs more than what is done with a small table between two copies of
/// it. Safe from several threads: each copy may have its own.
/// </summary>
internal sealed class LinePool
{
    /// <summary>Longer pieces are the collector's.</summary>
    private const int MostBytes = 128 * 1024;

    /// <summary>Pieces of one length that are kept.</summary>
    private const int MostKept = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Stack<PinnedLines>> _kept = [];

    /// <summary>Memory as long as another; its contents are undefined.</summary>
    internal PinnedLines Take(PinnedLines alike)
    {
        lock (_lock)
        {
            return _kept.TryGetValue(alike.AllocatedBytes, out Stack<PinnedLines>? kept)
                && kept.TryPop(out PinnedLines lines)
                    ? lines
                    : alike.Another();
        }
    }

    /// <summary>The same contents from the first line on, elsewhere.</summary>
    internal PinnedLines Copy(PinnedLines original)
    {
        PinnedLines copy = Take(original);
        copy.Fill(original);
        return copy;
    }

    /// <summary>Nobody reads or writes this memory from here on.</summary>
    internal void Give(PinnedLines lines)
    {
        if (lines.IsNone || lines.AllocatedBytes > MostBytes)
            return;
        lock (_lock)
        {
            if (!_kept.TryGetValue(lines.AllocatedBytes, out Stack<PinnedLines>? kept))
                _kept.Add(lines.AllocatedBytes, kept = new());
            if (kept.Count < MostKept)
                kept.Push(lines);
        }
    }
}
