namespace HandleCache.Server.Tap;

/// <summary>What passed the mirror.</summary>
public sealed record MirrorStatistics
{
    /// <summary>Requests read, FORGETs included.</summary>
    public long Requests { get; set; }

    /// <summary>Entries that counted a lookup.</summary>
    public long Entries { get; set; }

    /// <summary>Of those, with a handle longer than the strategy keeps inline.</summary>
    public long SpilledEntries { get; set; }

    /// <summary>Nodeids taken back, by FORGET and BATCH_FORGET entries.</summary>
    public long Forgets { get; set; }

    /// <summary>FORGETs that left a newer inode of the nodeid behind.</summary>
    public long PartialForgets { get; set; }

    /// <summary>LOOKUPs of nodeids the kernel had forgotten (exported handles).</summary>
    public long ExportLookups { get; set; }

    /// <summary>Replies the kernel no longer wanted.</summary>
    public long UndeliveredReplies { get; set; }

    /// <summary>Inodes in the model now, the root included.</summary>
    public int Inodes { get; set; }

    /// <summary>The most there were at once.</summary>
    public int InodesPeak { get; set; }
}
