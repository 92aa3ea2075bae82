using HandleCache.Model.Traffic;

namespace HandleCache.Server.Tap;

/// <summary>What has passed a mirror, at one moment.</summary>
public sealed record MirrorStatistics
{
    /// <summary>Requests read, FORGETs included, INTERRUPTs not.</summary>
    public required long Requests { get; init; }

    /// <summary>Entries that counted a lookup.</summary>
    public required long Entries { get; init; }

    /// <summary>Of those, with a handle longer than the strategy keeps inline.</summary>
    public required long SpilledEntries { get; init; }

    /// <summary>Nodeids taken back, by FORGET and BATCH_FORGET entries.</summary>
    public required long Forgets { get; init; }

    /// <summary>FORGETs that left a newer inode of the nodeid behind.</summary>
    public required long PartialForgets { get; init; }

    /// <summary>LOOKUPs of nodeids the kernel had forgotten (exported handles).</summary>
    public required long ExportLookups { get; init; }

    /// <summary>Replies the kernel no longer wanted.</summary>
    public required long UndeliveredReplies { get; init; }

    /// <summary>Inodes in the model now, the root included.</summary>
    public required int Inodes { get; init; }

    /// <summary>The most there were at once.</summary>
    public required int InodesPeak { get; init; }

    internal static MirrorStatistics Of(TrafficTally tally, long undelivered, int inodes) => new()
    {
        Requests = tally.Requests + tally.ForgetMessages,
        Entries = tally.Entries,
        SpilledEntries = tally.SpilledEntries,
        Forgets = tally.Forgets,
        PartialForgets = tally.PartialForgets,
        ExportLookups = tally.ExportLookups,
        UndeliveredReplies = undelivered,
        Inodes = inodes,
        InodesPeak = tally.InodesPeak,
    };
}
