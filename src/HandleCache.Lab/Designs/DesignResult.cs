using HandleCache.Lab.Compare;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Lab.Designs;

/// <summary>What `design` was asked.</summary>
public sealed record DesignRequest
{
    /// <summary>A shipped name, or the path of a file.</summary>
    public required string Design { get; init; }

    /// <summary>Designs to put beside it.</summary>
    public IReadOnlyList<string> Against { get; init; } = [];

    /// <summary>Kernels to reckon memory with; one or more, with that of a file.</summary>
    public IReadOnlyList<string> Kernels { get; init; } = [KernelProfiles.RunningName];

    /// <summary>A kernel to read from a file, the first to reckon with, or null.</summary>
    public BtfChoice? Btf { get; init; }

    public int? Cpus { get; init; }

    /// <summary>The kernels themselves.</summary>
    /// <exception cref="BadInputException">Unknown names, broken files.</exception>
    /// <exception cref="MissingRequirementException">One cannot be read.</exception>
    public IReadOnlyList<KernelProfile> Profiles() =>
    [
        .. Btf is null ? [] : (KernelProfile[])[FileKernel.Load(Btf, Cpus)],
        .. Kernels.Select(kernel => KernelProfiles.Load(kernel, Cpus)),
    ];

    public string? FileSystem { get; init; }

    public string? HandlesFile { get; init; }

    /// <summary>In place of the design's own storage.</summary>
    public HandleStrategy? Strategy { get; init; }

    /// <summary>Random histories behind the exhaustive ones.</summary>
    public int Histories { get; init; } = 200;

    /// <summary>Which of the random histories.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    public ulong Seed { get; init; } = 1;
}

/// <summary>The page of `design`.</summary>
/// <param name="Designs">The one asked for, then those beside it.</param>
/// <param name="Mix">Handles reckoned with.</param>
/// <param name="Figures">Directory and files of the requests that are counted.</param>
/// <param name="Rows">Wire, requests and restart of each, its defects mended.</param>
/// <param name="Costs">Memory by kernel.</param>
/// <param name="Questions">T1 to T11.</param>
/// <param name="Findings">Rules that the design breaks, each on its own.</param>
/// <param name="Safety">Histories in which it was looked for more.</param>
/// <param name="Search">What finding inodes by handle saves; null where no handles come.</param>
public sealed record DesignResult(
    IReadOnlyList<Design> Designs, HandleMix Mix, CompareRequest Figures,
    IReadOnlyList<DialectRow> Rows, IReadOnlyList<KernelCost> Costs,
    IReadOnlyList<QuestionRow> Questions, IReadOnlyList<DesignFinding> Findings,
    DesignSafety Safety, SearchTraffic? Search)
{
    public Design Design => Designs[0];
}

/// <summary>What the designs cost on one kernel.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="TodayBytes">Bytes of an inode without a handle.</param>
/// <param name="Designs">In the order of the designs.</param>
/// <param name="Indexes">
/// What finding by handle costs in the first; empty where it keeps none.
/// </param>
public sealed record KernelCost(
    KernelProfile Kernel, double TodayBytes, IReadOnlyList<StorageCost> Designs,
    IReadOnlyList<IndexCost> Indexes);

/// <summary>Memory of one design on one kernel; means over the mix, bytes per inode.</summary>
/// <param name="Design">Its name.</param>
/// <param name="Strategy">How it keeps handles.</param>
/// <param name="Layout">struct fuse_inode with the slot in it.</param>
/// <param name="Geometry">Of the fuse_inode slab.</param>
/// <param name="DeltaBytes">Against an inode without a handle.</param>
/// <param name="SpilledShare">Share of the mix in external buffers.</param>
/// <param name="RefusedShare">Share of the mix that it cannot keep.</param>
/// <param name="Allocations">Of a new inode.</param>
/// <param name="FreeInlineBytes">
/// The longest inline length, with this header and placement, that costs nothing; null for none.
/// </param>
public sealed record StorageCost(
    string Design, HandleStrategy Strategy, StructLayout Layout, SlabGeometry Geometry,
    double DeltaBytes, double SpilledShare, double RefusedShare, double Allocations,
    int? FreeInlineBytes);

/// <summary>A rule that a design breaks, and the shortest history found that shows it.</summary>
/// <param name="Item">Item of PROPOSALS.md, section 3; 0 for none of them.</param>
/// <param name="Name">Kebab-case.</param>
/// <param name="Setting">The field of the design file that decides it.</param>
/// <param name="Description">What goes wrong.</param>
/// <param name="Steps">The history; one line of words where it is no history.</param>
/// <param name="NodeIds">What the server takes for nodeids in it; null where none runs.</param>
/// <param name="With">What comes of it.</param>
/// <param name="Without">What comes of it with this one rule kept.</param>
public sealed record DesignFinding(
    int Item, string Name, string Setting, string Description, IReadOnlyList<string> Steps,
    NodeIdPolicy? NodeIds, string With, string Without)
{
    internal static DesignFinding Of(DefectRow row, string setting) => new(
        row.Item, row.Name, setting, row.Description, [row.Sequence], null, row.With,
        row.Without);
}

/// <summary>Histories in which a design, as written, was run.</summary>
/// <param name="Histories">All of at most <paramref name="MostSteps"/> steps.</param>
/// <param name="MostSteps">Longest of these.</param>
/// <param name="RandomHistories">Behind them.</param>
/// <param name="Seed">Of these.</param>
/// <param name="Unsafe">The first that ended badly; null for none.</param>
public sealed record DesignSafety(
    int Histories, int MostSteps, int RandomHistories, ulong Seed, FoundHistory? Unsafe);
