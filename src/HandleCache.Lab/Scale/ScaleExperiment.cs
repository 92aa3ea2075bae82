using System.Diagnostics;
using HandleCache.Lab.Validate;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Scale;

/// <summary>
/// Puts a synthetic tree of millions of files through a real mount: another process walks it,
/// the kernel caches an inode for each, the tap holds each in the model. What server and tap
/// need for that is measured.
/// </summary>
public static class ScaleExperiment
{
    private const int FilesPerDirectory = 1000;

    /// <summary>
    /// What the kernel itself keeps for a cached FUSE inode with its dentry, bytes, rounded up.
    /// </summary>
    private const long KernelBytesPerInode = 1400;

    /// <exception cref="BadInputException">No files, or more than names for them.</exception>
    /// <exception cref="MissingRequirementException">No rights, or too little memory.</exception>
    /// <exception cref="WorkloadException">The client died, or took too long.</exception>
    public static ScaleResult Run(ScaleOptions options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        CheckLedger ledger = new();
        using StagePlan plan = new(new ValidateOptions { Seed = options.Seed }, null, cancel);
        SyntheticFileSystem files = new(new SyntheticOptions
        {
            Seed = options.Seed,
            Directories = Math.Max(1, options.Files / FilesPerDirectory),
            FilesPerDirectory = Math.Min(options.Files, FilesPerDirectory),
            HandleMix = SyntheticHandleMix.Ext4,
        });
        using KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions { IndexByHandle = true }), ledger,
            dialect: options.Dialect);
        using ServedMount mount = ServedMount.Start(
            plan.Namespace, plan.NewMountPoint("scale"), files,
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.On, Dialect = options.Dialect },
            new FuseMountOptions { Driver = options.Driver, ReadOnly = true }, mirror);
        using WorkloadProcess client = plan.Namespace.Invoke(() => WorkloadProcess.Start());
        using CancellationTokenRegistration killed = cancel.Register(client.Kill);

        // One directory first: the runtime opens the files of its libraries on first use.
        client.Ask(
            new WalkRequest(Path.Combine(mount.MountPoint, "d0000")),
            TimeSpan.FromSeconds(options.PatienceSeconds));
        using ProcessSampler sampler = new();
        long began = Stopwatch.GetTimestamp();
        WalkReply walked = client.Ask(
            new WalkRequest(mount.MountPoint), TimeSpan.FromSeconds(options.PatienceSeconds));
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        MirrorStatistics seen = mirror.Statistics;
        return new ScaleResult
        {
            Options = options,
            Kernel = KernelRelease.Read(),
            Walked = walked.Objects,
            WalkErrors = walked.ErrorCount,
            WalkSeconds = seconds,
            InodesPeak = seen.InodesPeak,
            Requests = seen.Requests,
            Forgets = seen.Forgets,
            ResidentStartBytes = sampler.ResidentStart,
            ResidentPeakBytes = sampler.ResidentPeak,
            ModelBytes = mirror.Inspect(cache => cache.MemoryBytes),
            DescriptorsStart = sampler.DescriptorsStart,
            DescriptorsPeak = sampler.DescriptorsPeak,
            Checks = ledger.Results(),
        };
    }

    private static void Check(ScaleOptions options)
    {
        if (options.Files is < 1 or > 100_000_000)
            throw new BadInputException("--files: 1 to 100,000,000");
        if (Credentials.WhyNotMountFuse(options.Driver) is { } mount)
            throw new MissingRequirementException(mount);
        long available = ProcessSampler.Kilobytes("/proc/meminfo", "MemAvailable:") * 1024;
        long needed = options.Files * KernelBytesPerInode;
        if (available >= needed)
            return;
        throw new MissingRequirementException(FormattableString.Invariant(
            $"the kernel needs some {needed >> 20} MiB to cache {options.Files:N0} inodes, ")
            + FormattableString.Invariant($"{available >> 20} MiB are available: --files less"));
    }
}
