using System.Text.Json;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Workload;
using HandleCache.Model.Slab;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Nfs;

/// <summary>Which of our mounts is exported.</summary>
public sealed record NfsOptions
{
    /// <summary>Its nodeids are the source's handles.</summary>
    public bool Stateless { get; init; }

    public ulong Seed { get; init; } = 1;
}

/// <summary>
/// What it came to: the checks of the client, and those of the model where it rode along.
/// </summary>
/// <param name="Checks">What was compared.</param>
/// <param name="IsKilled">
/// Servers were killed; those of a keeper are where the kernel can send requests again alone.
/// </param>
public sealed record NfsResult(IReadOnlyList<CheckResult> Checks, bool IsKilled = true)
{
    public bool Holds => Checks.All(check => check.Mismatches == 0)
        && NfsExperiment.Needed(IsKilled).All(name => Checks.Any(
            check => check.Name == name && check.Compared > 0));
}

/// <summary>
/// Exports a mount of ours by the kernel's NFS server and looks at it as the client of another
/// machine would: what handles are worth over eviction, deletion and its server's death. It drops
/// the machine's caches and is therefore run in a guest alone.
/// </summary>
public static class NfsExperiment
{
    /// <summary>The hidden command that does it in a guest.</summary>
    public const string GuestCommandName = "nfs-guest";

    /// <summary>
    /// Variable of the environment that is 1 in a guest: a machine that nothing is lost with.
    /// </summary>
    internal const string GuestMark = "HANDLECACHE_GUEST";

    internal const string Evicted = "nfs-evicted";

    /// <summary>Servers killed.</summary>
    internal const string Killed = "nfs-killed";

    /// <summary>A mount whose servers were killed, in the end.</summary>
    internal const string Ended = "nfs-ended";

    /// <summary>Checks that a run without comparisons has not passed.</summary>
    internal static IEnumerable<string> Needed(bool isKilled) =>
        [.. NfsChecks.All, Evicted, .. isKilled ? [Killed, Ended] : Array.Empty<string>()];

    /// <summary>The first release with FUSE_NOTIFY_RESEND (760eac73f9f6).</summary>
    private static KernelVersion FirstToSendAgain { get; } = new(6, 9);

    /// <summary>The result as JSON in one line.</summary>
    public static string Write(NfsResult result) =>
        JsonSerializer.Serialize(result, LabJson.Default.NfsResult);

    /// <exception cref="BadInputException">This is no guest.</exception>
    /// <exception cref="MissingRequirementException">The kernel has no NFS.</exception>
    /// <exception cref="IOException">Something could not be set up.</exception>
    public static NfsResult Run(
        NfsOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        if (Environment.GetEnvironmentVariable(GuestMark) != "1")
            throw new BadInputException($"{GuestCommandName} is run in a guest alone");
        CheckLedger ledger = new();
        bool isKilled = options.Stateless || RunningKernel.Version >= FirstToSendAgain;
        string root = Directory.CreateTempSubdirectory("handlecache-nfs-").FullName;
        try
        {
            using (KernelNfsServer.Start())
            using (NfsRun run = new(options, root, ledger, progress, cancel))
                run.All();
            if (!isKilled)
                progress("no server is killed: this kernel cannot send requests again");
            else
                Restart(options, root, ledger, progress, cancel);
        }
        finally
        {
            // The folders are empty: what was on them is unmounted.
            TreeRemoval.Remove(root);
        }

        return new NfsResult(ledger.Results(), isKilled);
    }

    private static void Restart(
        NfsOptions options, string root, CheckLedger ledger, Action<string> progress,
        CancellationToken cancel)
    {
        using (KernelNfsServer.Start())
        using (NfsRestartRun run = new(
            options.Stateless ? NfsServing.Stateless : NfsServing.Kept, options.Seed, root, ledger,
            progress, cancel))
        {
            run.All();
        }
    }
}
