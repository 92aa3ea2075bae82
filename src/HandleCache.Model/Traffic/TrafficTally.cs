using HandleCache.Model.Handles;

namespace HandleCache.Model.Traffic;

/// <summary>What traffic has counted until now, on the wire or from a trace.</summary>
public sealed class TrafficTally
{
    private readonly long[] _createdByLength = new long[HandleStrategy.MaxHandleBytes + 1];

    /// <summary>Mounts begun.</summary>
    public long Mounts { get; internal set; }

    /// <summary>Requests, entries, forgets and takebacks: what drives the model.</summary>
    public long Operations => Requests + Entries + Forgets + TakeBacks;

    /// <summary>Requests that want a reply.</summary>
    public long Requests { get; internal set; }

    /// <summary>Entries of replies, each an iget.</summary>
    public long Entries { get; internal set; }

    /// <summary>Of those, with a handle longer than the strategy keeps inline.</summary>
    public long SpilledEntries { get; internal set; }

    /// <summary>Entries for an inode that was in the cache.</summary>
    public long Hits { get; internal set; }

    /// <summary>Inodes made, those in place of a stale one included.</summary>
    public long Created { get; internal set; }

    /// <summary>Of those, in place of a stale one.</summary>
    public long Replaced { get; internal set; }

    /// <summary>Nodeids taken back, by FORGET or as an entry of BATCH_FORGET.</summary>
    public long Forgets { get; internal set; }

    /// <summary>FORGET and BATCH_FORGET messages.</summary>
    public long ForgetMessages { get; internal set; }

    /// <summary>Forgets that left lookups behind: the nodeid had been given again.</summary>
    public long PartialForgets { get; internal set; }

    /// <summary>Entries that were not delivered.</summary>
    public long TakeBacks { get; internal set; }

    /// <summary>LOOKUPs of "." and ".." of nodeids the kernel had forgotten.</summary>
    public long ExportLookups { get; internal set; }

    /// <summary>
    /// Entries whose handle the strategy refuses: counted again without a handle, so that the
    /// traffic can go on.
    /// </summary>
    public long Refused { get; internal set; }

    /// <summary>The most inodes at once, the root included.</summary>
    public int InodesPeak { get; internal set; }

    /// <summary>Inodes in the cache at the end, the root included; of the last mount.</summary>
    public int InodesAtEnd { get; internal set; }

    /// <summary>
    /// The most memory that the model's records, indexes and external buffers took, in bytes, of
    /// what was seen at the ends of blocks and mounts.
    /// </summary>
    public long MemoryBytes { get; internal set; }

    /// <summary>The most handles in external buffers, seen at the same times.</summary>
    public int SpilledPeak { get; internal set; }

    /// <summary>Inodes made, by the length of the handle they came with, 0..128 bytes.</summary>
    public IReadOnlyList<long> CreatedByLength => _createdByLength;

    internal void CountCreated(int handleLength)
    {
        Created++;
        _createdByLength[handleLength]++;
    }
}
