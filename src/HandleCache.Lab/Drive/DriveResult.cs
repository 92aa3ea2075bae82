using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Drive;

/// <summary>What came of driving a server.</summary>
public sealed record DriveResult
{
    /// <summary>
    /// "match", or "diverge" where a rule was broken or no request was answered.
    /// </summary>
    public string Verdict => Finding is null && Hostile.All(row => row.Deaths == 0) && Requests > 0
        ? "match"
        : "diverge";

    public required KernelVersion Kernel { get; init; }

    /// <summary>What INIT agreed on.</summary>
    public required FuseInitFlags Agreed { get; init; }

    /// <summary>Scripts run to their end.</summary>
    public required int Scripts { get; init; }

    /// <summary>System calls made, those of comparisons included.</summary>
    public required long Calls { get; init; }

    /// <summary>Requests sent that a reply was waited for.</summary>
    public required long Requests { get; init; }

    /// <summary>Lookups taken back, one per nodeid and FORGET.</summary>
    public required long Forgets { get; init; }

    /// <summary>Processes started, the first included; not those of shortening.</summary>
    public required int Servers { get; init; }

    public required IReadOnlyList<CheckResult> Checks { get; init; }

    /// <summary>The rule that was broken first; null for none.</summary>
    public DriveFinding? Finding { get; init; }

    /// <summary>One row for each kind of malformed request.</summary>
    public IReadOnlyList<HostileRow> Hostile { get; init; } = [];

    /// <summary>What a reader must know about this run.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    public bool IsInterrupted { get; init; }
}

/// <summary>What malformed requests of one kind did.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Sent">How many the server was sent.</param>
/// <param name="Deaths">After how many it died or hung.</param>
/// <param name="First">The first such request and what became of the server.</param>
public sealed record HostileRow(string Name, int Sent, int Deaths, string? First);
