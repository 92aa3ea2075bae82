using HandleCache.Lab.Kernels;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Differential;

/// <summary>A script about which nothing can be said.</summary>
/// <param name="Seed">Of the script.</param>
/// <param name="Divergence">Where it differed in the last attempt.</param>
/// <param name="DisturbedBy">What the kernel did meanwhile.</param>
public sealed record UndecidedScript(
    ulong Seed, ScriptDivergence Divergence, string DisturbedBy);

/// <summary>What a differential run found.</summary>
public sealed record DifferentialResult
{
    /// <summary>Scripts compared to their end.</summary>
    public int Scripts { get; init; }

    /// <summary>Of them, those with the passthrough file system over a tree on the disk.</summary>
    public int PassthroughScripts { get; init; }

    /// <summary>
    /// Of them, those with finite validities, in real time on the running kernel.
    /// </summary>
    public int FiniteScripts { get; init; }

    /// <summary>Runs thrown away because a finite validity may have ended in them.</summary>
    public int TooSlow { get; init; }

    /// <summary>Runs thrown away because of what others did to the kernel meanwhile.</summary>
    public int Disturbed { get; init; }

    /// <summary>Scripts given up after every attempt was thrown away.</summary>
    public int GivenUp { get; init; }

    /// <summary>The seed of the first of them.</summary>
    public ulong? FirstGivenUpSeed { get; init; }

    /// <summary>
    /// The first script that differed in every attempt, each beside reclaim: whether it would
    /// differ without, nobody knows. Null where there was none.
    /// </summary>
    public UndecidedScript? Undecided { get; init; }

    /// <summary>Results compared.</summary>
    public long Calls { get; init; }

    /// <summary>Requests compared, forgets not counted.</summary>
    public long Requests { get; init; }

    /// <summary>Fields of INIT compared.</summary>
    public long InitFields { get; init; }

    /// <summary>The script of the first divergence, shrunken if it diverges again.</summary>
    public Script? Failed { get; init; }

    /// <summary>Where it diverges.</summary>
    public ScriptDivergence? Divergence { get; init; }

    /// <summary>Whether the divergence came again when the script was repeated.</summary>
    public bool Repeats { get; init; }

    /// <summary>It was cancelled: the figures are those until then.</summary>
    public bool IsInterrupted { get; init; }

    /// <summary>What every server was told to speak; null for the generator's choice.</summary>
    public Dialect? Dialect { get; init; }

    /// <summary>The modelled kernel as it was asked for.</summary>
    public string ModelKernel { get; init; } = KernelProfiles.RunningName;

    /// <summary>How the modelled kernel keeps handles.</summary>
    public HandleStrategy Strategy { get; init; }

    /// <summary>Which FUSE of the running kernel was mounted.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>Its version.</summary>
    public KernelVersion ModelVersion { get; init; }

    /// <summary>Wall time.</summary>
    public TimeSpan Elapsed { get; init; }
}
