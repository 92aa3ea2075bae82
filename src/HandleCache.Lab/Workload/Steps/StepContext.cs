using HandleCache.Linux;
using HandleCache.Protocol;

namespace HandleCache.Lab.Workload.Steps;

/// <summary>What the steps of one thread work with.</summary>
internal sealed record StepContext
{
    /// <summary>The root of the tree, shared by all threads.</summary>
    public required FileDescriptor Root { get; init; }

    public required SharedTree Tree { get; init; }

    public required Abilities Abilities { get; init; }

    public required SplitMix64 Random { get; init; }

    public required CallLog Log { get; init; }

    public required Calls Calls { get; init; }

    /// <summary>ESTALE is allowed for the handle of an object that is still there.</summary>
    public required bool AllowStale { get; init; }

    /// <summary>The process may read what permissions forbid (CAP_DAC_READ_SEARCH).</summary>
    public required bool ReadsAll { get; init; }

    /// <summary>The file creation mask of the process.</summary>
    public required uint Umask { get; init; }

    /// <summary>One of them; null where a listing that is wrong has shown none.</summary>
    public T? Any<T>(IReadOnlyList<T> of)
        where T : class => of.Count == 0 ? null : Random.PickFrom(of);
}
