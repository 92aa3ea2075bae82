using System.Text.Json.Serialization;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Driving;

namespace HandleCache.Lab.Drive;

/// <summary>What `drive` was asked.</summary>
public sealed record DriveOptions
{
    /// <summary>The server and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>How many scripts; with <see cref="OnlyScript"/> of no meaning.</summary>
    public int Scripts { get; init; } = 200;

    /// <summary>The one script to run, on a server of its own; null for all.</summary>
    public int? OnlyScript { get; init; }

    /// <summary>Which of the scripts.</summary>
    [JsonIgnore]
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Calls in a script.</summary>
    public int Calls { get; init; } = 50;

    public ulong Seed { get; init; } = 1;

    /// <summary>Offered to the server in INIT.</summary>
    public Dialect Dialect { get; init; } = Dialect.Classic;

    /// <summary>
    /// The directory whose objects the server's root has; null where that is not known, and then
    /// results are compared with nothing.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>
    /// Names of rules whose breaking is counted and does not end the run; of
    /// <see cref="DriveRule.Allowable"/>.
    /// </summary>
    public IReadOnlySet<string> Allowed { get; init; } = new HashSet<string>();

    /// <summary>
    /// The server mounts by itself, by fusermount: it is started in a mount namespace of its own,
    /// which needs root.
    /// </summary>
    public bool FuserMount { get; init; }

    /// <summary>The server calls mount(2) itself: that is answered, and mounts nothing.</summary>
    public bool DirectMount { get; init; }

    /// <summary>Kill and start the server in the middle of each script.</summary>
    public bool Restart { get; init; }

    /// <summary>Send malformed requests instead of scripts.</summary>
    public bool Hostile { get; init; }

    /// <summary>Whose rules the modelled kernel follows: 6.12, this, ...</summary>
    public string ModelKernel { get; init; } = "6.18";

    /// <summary>How long a reply is waited for, seconds.</summary>
    public int PatienceSeconds { get; init; } = 10;
}
