using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>What `restart --model` explores.</summary>
public sealed record RestartModelOptions
{
    public IReadOnlyList<Dialect> Dialects { get; init; } = DialectList.All;

    public IReadOnlyList<string> Defects { get; init; } = [];

    /// <summary>LOOKUP goes without the parent's handle.</summary>
    public bool NoParentHandle { get; init; }

    /// <summary>A new server ends the epoch of all names (FUSE_NOTIFY_INC_EPOCH).</summary>
    public bool Epoch { get; init; }

    /// <summary>What the server takes for nodeids; null: decided by the other options.</summary>
    public NodeIdPolicy? NodeIds { get; init; }

    /// <summary>Random histories besides the scripted ones.</summary>
    public int Histories { get; init; } = 40;

    public ulong Seed { get; init; } = 1;

    /// <summary>Which of the histories, the scripted ones first.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>
    /// Handle lengths, bytes: one that fits the inline buffer, and one that is longer.
    /// </summary>
    public IReadOnlyList<int> HandleBytes { get; init; } = [12, 40];
}
