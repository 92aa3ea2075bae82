using HandleCache.Lab.Kernels;
using HandleCache.Model;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Lab.Validate;

/// <summary>How the kernel is made to evict inodes.</summary>
public enum EvictionMethod
{
    /// <summary>PRUNE where the kernel offers it (7.45), INVAL_ENTRY otherwise.</summary>
    Auto,

    /// <summary>FUSE_NOTIFY_PRUNE by nodeid.</summary>
    Prune,

    /// <summary>FUSE_NOTIFY_INVAL_ENTRY by parent and name.</summary>
    InvalEntry,
}

/// <summary>What a validation does; every field is in the result.</summary>
public sealed record ValidateOptions
{
    public required ulong Seed { get; init; }

    /// <summary>A tree of the user's; none for a generated one.</summary>
    public string? Source { get; init; }

    /// <summary>May change the user's tree (in directories of its own).</summary>
    public bool Write { get; init; }

    /// <summary>Where the generated tree is put; none for the temporary folder.</summary>
    public string? TreeOn { get; init; }

    public int Directories { get; init; } = 100;

    public int Files { get; init; } = 2000;

    /// <summary>Steps of the workload, both threads together.</summary>
    public int Operations { get; init; } = 6000;

    /// <summary>How long the kernel may believe entries and attributes, seconds.</summary>
    public double TimeoutSeconds { get; init; } = 0.05;

    public HandleStrategy Strategy { get; init; } = HandleStrategy.Inline(12);

    public ReadDirPlusMode ReadDirPlus { get; init; } = ReadDirPlusMode.Auto;

    public EvictionMethod Eviction { get; init; }

    /// <summary>
    /// Writes to /proc/sys/vm/drop_caches and shrinks slabs: disturbs the machine.
    /// </summary>
    public bool DropCaches { get; init; }

    /// <summary>Record the traffic of all stages in this file; null for none.</summary>
    public string? Record { get; init; }

    /// <summary>Scripts of the differential part; 0 leaves it out.</summary>
    public int Scripts { get; init; } = 300;

    /// <summary>Which of the scripts; what is no script is the first part's.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    /// <summary>What the servers on real mounts speak.</summary>
    public Dialect Dialect { get; init; } = Dialect.Default;

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>Dialects whose scripts are compared with today's protocol.</summary>
    public IReadOnlyList<Dialect> Dialects { get; init; } =
        [.. DialectList.All.Where(dialect => dialect.HasOwnMessages)];

    /// <summary>Scripts of each dialect; 0 leaves them out.</summary>
    public int DialectScripts { get; init; } = 300;

    /// <summary>The differential part goes on so long; null for the number of scripts.</summary>
    public TimeSpan? Soak { get; init; }

    /// <summary>
    /// Which kernel's version the modelled kernel of the differential part follows, spelled as
    /// profiles are.
    /// </summary>
    public string ModelKernel { get; init; } = KernelProfiles.RunningName;

    /// <summary>A known fault put into the model, to see the checks fail.</summary>
    public ModelFault? Break { get; init; }

    /// <summary>The same of the servers of the stages; for today's protocol alone.</summary>
    public ServerFault? BreakServer { get; init; }
}

/// <summary>The running kernel's release, as uname -r gives it.</summary>
public static class KernelRelease
{
    public static string Read() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
}
