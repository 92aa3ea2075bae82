using HandleCache.Model.Handles;

namespace HandleCache.Lab.Prove;

/// <summary>What `prove` was asked.</summary>
public sealed record ProveOptions
{
    /// <summary>A shipped design's name, or the path of a file.</summary>
    public required string Design { get; init; }

    /// <summary>Kernel versions that there is a hook table for.</summary>
    public IReadOnlyList<string> Versions { get; init; } = ["6.12"];

    /// <summary>
    /// A kernel tree of one's own that was built, in place of Debian's packages; null for these.
    /// </summary>
    public string? Tree { get; init; }

    /// <summary>Each is a boot; none: the design's own and the six others.</summary>
    public IReadOnlyList<HandleStrategy> Strategies { get; init; } = [];

    /// <summary>A shipped mix of handles.</summary>
    public string FileSystem { get; init; } = "container-host";

    /// <summary>Files whose inodes are put into the cache.</summary>
    public int Files { get; init; } = 36_000;

    /// <summary>
    /// Random scripts on both kernels: a third with bad handles, a third
    /// whose servers die.
    /// </summary>
    public int Scripts { get; init; } = 100;

    /// <summary>Servers killed under load; 0 leaves that out.</summary>
    public int Kills { get; init; } = 50;

    /// <summary>
    /// Instead: so many minutes of load with memory pressure, servers being killed; 0 for none.
    /// </summary>
    public double Minutes { get; init; }

    public ulong Seed { get; init; } = 1;

    /// <summary>Processors of a guest.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>
    /// Faults of the module, to see each found: one guest loads it with one after the other. "none"
    /// is the module as it should be.
    /// </summary>
    public IReadOnlyList<string> Faults { get; init; } = [ModuleFault.None];

    /// <summary>The program, compiled ahead of time into one file.</summary>
    public required string Program { get; init; }

    /// <summary>Packages, kernels and built modules are kept here.</summary>
    public required string Cache { get; init; }

    /// <summary>Folder for console and results of each guest; null keeps neither.</summary>
    public string? Keep { get; init; }

    /// <summary>More of the kernel's command line.</summary>
    public string Append { get; init; } = "";
}

/// <summary>One strategy on one kernel, with one fault.</summary>
/// <param name="Kernel">The version asked for.</param>
/// <param name="Release">As the kernel names itself.</param>
/// <param name="Strategy">How it kept handles.</param>
/// <param name="Fault">What was wrong with the module; <see cref="ModuleFault.None"/>.</param>
/// <param name="Rows">Predicted and measured.</param>
public sealed record ProveRun(
    string Kernel, string Release, string Strategy, string Fault, IReadOnlyList<ProofRow> Rows)
{
    public bool Holds => Rows.Count > 0 && Rows.All(row => row.Holds);
}

/// <summary>What `prove` found.</summary>
public sealed record ProveResult(ProveOptions Options, IReadOnlyList<ProveRun> Runs)
{
    /// <summary>Every kernel did what was predicted.</summary>
    public bool Holds => Runs.Count > 0 && Runs.All(run => run.Holds);
}
