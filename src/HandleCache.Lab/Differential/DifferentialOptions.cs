using HandleCache.Lab.Kernels;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Differential;

/// <summary>What a differential run is asked to do.</summary>
public sealed record DifferentialOptions
{
    /// <summary>Most calls a script may have.</summary>
    public const int MostCalls = 10_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>Scripts to run; with a soak time, at least these.</summary>
    public int Scripts { get; init; } = 300;

    /// <summary>Which of the series of scripts; <see cref="Scripts"/> are its own.</summary>
    public Shard Shard { get; init; } = Shard.Whole;

    public int CallsPerScript { get; init; } = 50;

    /// <summary>Goes on until so much time has passed; null for the number of scripts.</summary>
    public TimeSpan? Soak { get; init; }

    /// <summary>The one script with just this seed, instead of a series.</summary>
    public bool OneScript { get; init; }

    /// <summary>
    /// What every script's server speaks, but for the passthrough file system; null for a third of
    /// them in the default dialect.
    /// </summary>
    public Dialect? Dialect { get; init; }

    /// <summary>
    /// Of 1024 entries, how many come with another handle than before, with none, or with another
    /// type: for a kernel that has handles.
    /// </summary>
    public int BadHandlesPer1024 { get; init; }

    /// <summary>
    /// The server of each script dies now and then, and another takes over by the handles that
    /// requests bring and FUSE_NOTIFY_INC_EPOCH.
    /// </summary>
    public bool WithRestarts { get; init; }

    /// <summary>
    /// One script of eight is about the passthrough file system over a tree on the disk.
    /// </summary>
    public bool WithPassthrough { get; init; }

    /// <summary>
    /// Which kernel's version the model follows, spelled as profiles are; by default the running
    /// one's.
    /// </summary>
    public string ModelKernel { get; init; } = KernelProfiles.RunningName;

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>The modelled kernel; its version is <see cref="ModelKernel"/>'s.</summary>
    public ModelKernelOptions Model { get; init; } = new();
}
