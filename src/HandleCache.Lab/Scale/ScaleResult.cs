using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Scale;

/// <summary>What it took to have a kernel cache that many inodes; measured.</summary>
public sealed record ScaleResult
{
    /// <summary>Bar: server and tap together, resident, bytes.</summary>
    public const long ResidentBarBytes = 3L << 29;

    /// <summary>Descriptors that the runtime may open by itself meanwhile.</summary>
    public const int DescriptorSlack = 8;

    public required ScaleOptions Options { get; init; }

    /// <summary>Kernel release.</summary>
    public required string Kernel { get; init; }

    /// <summary>
    /// Objects that the client saw with statx(2), directories and the root included.
    /// </summary>
    public required long Walked { get; init; }

    public required long WalkErrors { get; init; }

    public required double WalkSeconds { get; init; }

    /// <summary>Inodes that the kernel held at once, by the model.</summary>
    public required int InodesPeak { get; init; }

    public required long Requests { get; init; }

    /// <summary>Nodeids that the kernel gave up meanwhile, under memory pressure.</summary>
    public required long Forgets { get; init; }

    /// <summary>
    /// Resident memory of this process (server and tap): mounted, and at its peak.
    /// </summary>
    public required long ResidentStartBytes { get; init; }

    public required long ResidentPeakBytes { get; init; }

    /// <summary>Of that the modelled inode cache, bytes.</summary>
    public required long ModelBytes { get; init; }

    /// <summary>Open descriptors of this process: mounted, and at most.</summary>
    public required int DescriptorsStart { get; init; }

    public required int DescriptorsPeak { get; init; }

    public required IReadOnlyList<CheckResult> Checks { get; init; }

    public double ResidentPerInode =>
        (double)(ResidentPeakBytes - ResidentStartBytes) / Math.Max(1, InodesPeak);

    public bool Holds => WalkErrors == 0
        && Walked > Options.Files
        && ResidentPeakBytes <= ResidentBarBytes
        && DescriptorsPeak <= DescriptorsStart + DescriptorSlack
        && Checks.All(check => check.Mismatches == 0);
}

/// <summary>How large a population is put through a real mount.</summary>
public sealed record ScaleOptions
{
    /// <summary>Files of the synthetic tree, in directories of 1,000.</summary>
    public int Files { get; init; } = 10_000_000;

    public ulong Seed { get; init; } = 1;

    /// <summary>Which FUSE of the kernel.</summary>
    public FuseDriver Driver { get; init; } = FuseDriver.BuiltIn;

    /// <summary>What the server speaks.</summary>
    public Dialect Dialect { get; init; } = Dialect.Default;

    /// <summary>Longest wait for the walk, seconds.</summary>
    public double PatienceSeconds { get; init; } = 900;
}
