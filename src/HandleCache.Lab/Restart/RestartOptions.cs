using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>What <c>restart</c> does on the real mount.</summary>
public sealed record RestartOptions
{
    /// <summary>How many times the server is killed.</summary>
    public int Kills { get; init; } = 20;

    /// <summary>From one kill to the next, milliseconds.</summary>
    public int IntervalMs { get; init; } = 300;

    public RestartWorkload Workload { get; init; } = RestartWorkload.Mixed;

    /// <summary>
    /// Where source, mount point and shadow tree are made; default the temporary folder.
    /// </summary>
    public string? On { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>What the server speaks with its keeper.</summary>
    public Dialect Dialect { get; init; } = Dialect.Default;

    /// <summary>How the command line spells it.</summary>
    public string DialectName { get; init; } = Dialect.Default.Name;

    /// <summary>Length of a slice of the stat storm, seconds.</summary>
    public double StormSeconds { get; init; } = 0.2;

    /// <summary>How long the kernel may believe entries and attributes, seconds.</summary>
    public double TimeoutSeconds { get; init; } = 0.1;
}

/// <summary>What runs on the mount while its server is killed.</summary>
public enum RestartWorkload
{
    /// <summary>Names, attributes and data, over files that stay open.</summary>
    Mixed,

    /// <summary>Names and attributes.</summary>
    Metadata,

    /// <summary>Data of open files.</summary>
    Write,

    /// <summary>git clone, fsck and checkout of a repository.</summary>
    Git,
}
