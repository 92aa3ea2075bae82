using HandleCache.Lab.Validate;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>What came of watching a server.</summary>
public sealed record WatchResult
{
    /// <summary>
    /// "match", or "diverge" where a check failed, a rule was broken, or nothing was compared.
    /// </summary>
    public string Verdict =>
        Checks.All(check => check.Mismatches == 0)
            && Rules.All(rule => rule.Mismatches == 0 || Allowed.Contains(rule.Name))
            && Checks.Any(IsOfTraffic)
            && Ending is null
            ? "match"
            : "diverge";

    public required KernelIdentity Kernel { get; init; }

    public required MirrorStatistics Statistics { get; init; }

    /// <summary>The kernel against the model.</summary>
    public required IReadOnlyList<CheckResult> Checks { get; init; }

    /// <summary>The server against the rules of <see cref="DriveRule"/>.</summary>
    public required IReadOnlyList<CheckResult> Rules { get; init; }

    /// <summary>How long the server took, by operation.</summary>
    public required IReadOnlyList<LatencyRow> Latencies { get; init; }

    /// <summary>What the inodes would cost, for each strategy.</summary>
    public required IReadOnlyList<CostRow> Costs { get; init; }

    /// <summary>How the server ended by itself; null where it did not.</summary>
    public string? Ending { get; init; }

    /// <summary>What came of killing servers; null where none was to be killed.</summary>
    public WatchRestarts? Restarts { get; init; }

    /// <summary>
    /// Where it did: requests it had not answered, and then the last messages, oldest first.
    /// </summary>
    public IReadOnlyList<string> Unanswered { get; init; } = [];

    public IReadOnlyList<string> Last { get; init; } = [];

    /// <summary>At which request about which path a check failed first, by its name.</summary>
    internal IReadOnlyDictionary<string, string> FailedAt { get; init; } =
        new Dictionary<string, string>();

    /// <summary>What a reader must know about this run.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Names of checks that may fail.</summary>
    internal IReadOnlySet<string> Allowed { get; init; } = new HashSet<string>();

    private static bool IsOfTraffic(CheckResult check) =>
        check.Name is TrafficChecks.ForgetNLookup or TrafficChecks.LiveNodeIds
            or TrafficChecks.EntryIdentity && check.Compared > 0;
}

/// <summary>What survived when servers were killed.</summary>
/// <param name="Killed">Servers in whose place another came.</param>
/// <param name="Operations">Requests answered since the first of them died.</param>
/// <param name="SentAgain">Requests that one had not answered and the next one was asked.</param>
/// <param name="Answered">Requests about what an earlier server gave, answered.</param>
/// <param name="Estale">Of those, refused with ESTALE.</param>
/// <param name="OtherErrors">With another error, such as for a name that is not there.</param>
/// <param name="WrongObjects">
/// Answers of another object than the one that the kernel holds under that nodeid.
/// </param>
public sealed record WatchRestarts(
    int Killed, long Operations, long SentAgain, long Answered, long Estale, long OtherErrors,
    long WrongObjects);

/// <summary>What `watch` was asked.</summary>
public sealed record WatchOptions
{
    /// <summary>An existing directory.</summary>
    public required string MountPoint { get; init; }

    /// <summary>The server and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>
    /// Make the kernel forget what nobody uses, so; null leaves it to the kernel.
    /// </summary>
    public EvictionMethod? Evict { get; init; }

    /// <summary>Between two evictions.</summary>
    public TimeSpan EvictEvery { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Drop dentries and inodes of the whole machine so often; null for never.
    /// </summary>
    public TimeSpan? DropCachesEvery { get; init; }

    /// <summary>Kill the server so often and start another in its place; null for never.</summary>
    public TimeSpan? RestartEvery { get; init; }

    /// <summary>The server mounts by itself, by fusermount.</summary>
    public bool FuserMount { get; init; }

    /// <summary>The server calls mount(2) itself: that is answered, and mounts nothing.</summary>
    public bool DirectMount { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>
    /// Names of rules whose breaking is counted and no failure; of
    /// <see cref="DriveRule.Allowable"/>.
    /// </summary>
    public IReadOnlySet<string> Allowed { get; init; } = new HashSet<string>();

    /// <summary>A reply that is missing for longer at the end does not come any more.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>
    /// Offered to the server in INIT; one that does not take it is served as today.
    /// </summary>
    public Dialect Dialect { get; init; } = Dialect.Classic;

    /// <summary>The server gives nodeids again for other objects.</summary>
    public bool ReusesNodeIds { get; init; }

    /// <summary>
    /// A shipped mix, or a file with one, whose handles inodes get that come without; null for
    /// both leaves them without.
    /// </summary>
    public string? FileSystem { get; init; }

    public string? HandlesFile { get; init; }

    /// <summary>Record the traffic in this file; null for none.</summary>
    public string? Record { get; init; }
}

/// <summary>Where a run is, while it goes on.</summary>
/// <param name="Elapsed">Since it could be used.</param>
/// <param name="Statistics">Counts so far.</param>
/// <param name="Latencies">By operation, the slowest in total first.</param>
/// <param name="BytesPerInode">Of today's inode, derived.</param>
/// <param name="FailedChecks">Names.</param>
public sealed record WatchState(
    TimeSpan Elapsed, MirrorStatistics Statistics, IReadOnlyList<LatencyRow> Latencies,
    double BytesPerInode, IReadOnlyList<string> FailedChecks);
