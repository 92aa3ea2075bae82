using System.Diagnostics;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Validate;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Restart;

/// <summary>
/// Kills the server of a kept mount under load and looks what the applications saw.
/// </summary>
public static class RestartExperiment
{
    /// <summary>Longest wait for the client after the last kill; a hung mount ends here.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <exception cref="BadInputException">
    /// A value out of range, a source without handles.
    /// </exception>
    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    /// <exception cref="IOException">The keeper gave up.</exception>
    public static RestartResult Run(
        RestartOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        MountPlaces.RequireHandles(options.Dialect);
        Stopwatch clock = Stopwatch.StartNew();
        using RestartFolders folders = new(options.On);
        progress($"working in {folders.Root}, removed at the end");
        MountOptions mount = new()
        {
            Source = folders.Source,
            MountPoint = folders.Mount,
            TimeoutSeconds = options.TimeoutSeconds,
            Driver = options.Driver,
            Dialect = options.Dialect,
            DialectName = options.DialectName,
            Keep = true,
        };
        MountPlaces.Check(mount);
        MountPlaces.Serve(mount, MountPlaces.PassthroughOf(mount)).Dispose();
        string fileSystem = new DriveInfo(folders.Source).DriveFormat;
        using NamespaceThread home = new();
        ClientResult seen;
        int kills;
        KeeperCounts counts;
        using (KeptMount kept = KeptMount.Start(home, mount, static _ => { }))
        {
            using ClientProcess client = home.Invoke(() => ClientProcess.Start(
                folders.Mount, folders.Shadow, options.Workload.ToString(),
                ClientProcess.Text(options.Seed)));
            kills = Kill(kept, client, options, progress, cancel);
            seen = client.Finish(Patience, cancel) is { } line
                ? ClientResult.FromLine(line)
                : Hung();
            counts = kept.Counts;
            if (kept.Failure is { } failure)
                throw new IOException($"the keeper gave up: {failure.Message}", failure);
        }

        CompareSource(folders, seen);
        cancel.ThrowIfCancellationRequested();
        BackingResult backing = BackingExperiment.Run(options.Driver, options.On, cancel);
        return new RestartResult(
            options, fileSystem, KernelRelease.Read(), kills, seen.Operations, seen.Errors,
            seen.WrongObject + counts.WrongObject, seen.Stale, counts.Rebound, seen.Compared,
            counts, backing, [.. seen.WrongMessages, .. seen.Messages], clock.Elapsed.TotalSeconds);
    }

    /// <summary>
    /// Kills each server once: most when they have answered something, one in four wherever it
    /// stands in its start.
    /// </summary>
    private static int Kill(
        KeptMount kept, ClientProcess client, RestartOptions options, Action<string> progress,
        CancellationToken cancel)
    {
        int kills = 0;
        int last = 0;
        SplitMix64 random = new((ulong)options.Seed);
        while (kills < options.Kills && !client.HasExited)
        {
            cancel.WaitHandle.WaitOne(options.IntervalMs);
            cancel.ThrowIfCancellationRequested();
            int pid = kept.ServerPid;
            if (kept.Failure is not null)
                break;
            if (pid == 0 || pid == last)
                continue;
            if (!kept.HasAnswered && !random.OneIn(4))
            {
                WaitForAnswer(kept, client, cancel);
                pid = kept.ServerPid;
            }

            last = pid;
            if (pid == 0)
                continue;
            Processes.Signal(pid, Processes.Kill);
            kills++;
            if (kills % 20 == 0 || kills == options.Kills)
                progress($"{kills} of {options.Kills} servers killed");
        }

        return kills;
    }

    private static void WaitForAnswer(
        KeptMount kept, ClientProcess client, CancellationToken cancel)
    {
        Stopwatch patience = Stopwatch.StartNew();
        while (!kept.HasAnswered && kept.Failure is null && !client.HasExited
            && patience.Elapsed < Patience)
        {
            cancel.ThrowIfCancellationRequested();
            Thread.Sleep(1);
        }
    }

    /// <summary>What the mount showed must also be what lies in the source.</summary>
    private static void CompareSource(RestartFolders folders, ClientResult seen)
    {
        using FileDescriptor source =
            WorkloadServer.OpenRoot(BytePath.FromText(folders.Source));
        using FileDescriptor shadow =
            WorkloadServer.OpenRoot(BytePath.FromText(folders.Shadow));
        TreeComparison.Compare(new TreePair(source, shadow, seen), "");
    }

    private static ClientResult Hung()
    {
        ClientResult result = new();
        result.Error("the client did not finish: it hangs on the mount or has crashed");
        return result;
    }
}
