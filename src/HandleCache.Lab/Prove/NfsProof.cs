using HandleCache.Lab.Mounting;
using HandleCache.Lab.Nfs;
using HandleCache.Lab.Workload;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Prove;

/// <summary>
/// The kernel's NFS server exports a mount of the kernel with handles, whose servers are killed: a
/// client's handles stay good over eviction and death, what is deleted is stale, and nothing is
/// ever another object. Each server begins with an empty table and forgets what the kernel does.
/// </summary>
internal static class NfsProof
{
    /// <summary>Checks that a run without comparisons has not passed.</summary>
    private static readonly string[] Needed =
        [.. NfsChecks.All.Except([NfsChecks.OpenFiles]), NfsExperiment.Killed, NfsExperiment.Ended];

    /// <param name="driver">The kernel with handles.</param>
    /// <param name="design">As the command line spells it.</param>
    /// <param name="seed">Of the files' contents.</param>
    /// <param name="progress">Told of each death.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="LabException">The kernel has no NFS.</exception>
    /// <exception cref="IOException">Something could not be set up.</exception>
    public static IReadOnlyList<ProofRow> Run(
        FuseDriver driver, string design, ulong seed, Action<string> progress,
        CancellationToken cancel)
    {
        NfsServing held = new(
            stage => MountProcess.Start(
                [
                    HeldRun.CommandName, stage.Source, stage.Mounted, "--design", design,
                    "--export", "--device", driver.Device, "--type", driver.Type,
                ],
                stage.Mounted),
            KeepsFiles: false, IsMountedAnew: false, IsUsedMeanwhile: false);
        CheckLedger ledger = new();
        string root = Directory.CreateTempSubdirectory("handlecache-nfs-").FullName;
        try
        {
            using (KernelNfsServer.Start())
            using (NfsRestartRun run = new(held, seed, root, ledger, progress, cancel))
                run.All();
        }
        finally
        {
            TreeRemoval.Remove(root);
        }

        return Rows(ledger.Results());
    }

    /// <summary>How often each check was made, and how often it held.</summary>
    internal static IReadOnlyList<ProofRow> Rows(IReadOnlyList<CheckResult> checks) =>
    [
        .. checks.Where(check => check.Compared > 0).Select(check => new ProofRow(
            check.Name, FormattableString.Invariant($"{check.Compared}"),
            FormattableString.Invariant($"{check.Compared - check.Mismatches}")
                + (check.FirstMismatch is { } first ? $": {first}" : ""),
            check.Mismatches == 0)),
        .. Needed.Where(name => checks.All(check => check.Name != name || check.Compared == 0))
            .Select(name => new ProofRow(name, "some", "0", false)),
    ];
}
