using System.Text.Json.Serialization;

namespace HandleCache.Lab.Soak;

/// <summary>What <c>soak --hostile</c> is to do.</summary>
public sealed record HostileOptions
{
    /// <summary>Messages over all surfaces; null: until <see cref="Minutes"/> are over.</summary>
    public long? Messages { get; init; }

    /// <summary>How long, where no number of messages is given.</summary>
    public double Minutes { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Names of surfaces; empty for all.</summary>
    public IReadOnlyList<string> Surfaces { get; init; } = [];

    /// <summary>Only the round of this number, to repeat a finding.</summary>
    public int? Round { get; init; }

    /// <summary>Which of the rounds; <see cref="Messages"/> are those of all parts.</summary>
    [JsonIgnore]
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>Seconds without progress after which a surface hangs.</summary>
    public int PatienceSeconds { get; init; } = 60;
}

/// <summary>One surface of a hostile run.</summary>
/// <param name="Name">Of the surface.</param>
/// <param name="What">What the bytes are, and who takes them.</param>
/// <param name="Messages">Fed.</param>
/// <param name="Taken">Of them, taken for good ones.</param>
/// <param name="MostAllocatedBytes">Allocated for a message, at most; a mean over batches where
/// other threads take the messages.</param>
/// <param name="Skipped">Why it was not run; null where it was.</param>
public sealed record HostileSurfaceRow(
    string Name, string What, long Messages, long Taken, long MostAllocatedBytes, string? Skipped);

/// <summary>A message after which the program was not as it should be.</summary>
/// <param name="Surface">Where it came in.</param>
/// <param name="Round">With <c>--round</c> it is fed again.</param>
/// <param name="Message">Its number in the round.</param>
/// <param name="Wrong">What happened, as an exception tells it.</param>
/// <param name="Bytes">The last messages in hexadecimal, cut to 512 bytes each.</param>
public sealed record HostileFinding(
    string Surface, int Round, long Message, string Wrong, IReadOnlyList<string> Bytes);

/// <summary>What came of a hostile run.</summary>
/// <param name="Rows">Each surface.</param>
/// <param name="Findings">At most one of each surface; it is not fed any more then.</param>
/// <param name="Seconds">Wall time.</param>
/// <param name="PeakResidentBytes">Largest memory of the process (VmHWM).</param>
/// <param name="IsInterrupted">Ended before its time.</param>
public sealed record HostileResult(
    IReadOnlyList<HostileSurfaceRow> Rows, IReadOnlyList<HostileFinding> Findings, double Seconds,
    long PeakResidentBytes, bool IsInterrupted)
{
    public string Verdict => Findings.Count == 0 ? "holds" : "broken";
}
