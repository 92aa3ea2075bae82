using System.Diagnostics;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>The client process: works on mount and shadow until it is told to stop.</summary>
public static class RestartClient
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "restart-client";

    /// <summary>In place of a workload: the mount's device is held, and nothing else.</summary>
    public const string HeldWork = "held";

    private const int Threads = 3;

    /// <param name="mount">The mount point.</param>
    /// <param name="shadow">An empty directory outside.</param>
    /// <param name="kind">What to do.</param>
    /// <param name="seed">Of all threads.</param>
    /// <param name="stop">Ends the work; what is there is compared then.</param>
    public static ClientResult Run(
        string mount, string shadow, RestartWorkload kind, int seed, CancellationToken stop)
    {
        ClientResult total = new();
        if (kind == RestartWorkload.Git)
            GitWork.Run(mount, shadow, total, stop);
        return Run(mount, shadow, total, kind == RestartWorkload.Git
            ? null
            : (pair, number) => Work(pair, number, seed, kind, stop));
    }

    /// <summary>The same where servers know nothing of each other.</summary>
    public static ClientResult RunHeld(
        string mount, string shadow, int seed, CancellationToken stop) =>
        Run(mount, shadow, new(), (pair, number) =>
        {
            HeldWorker worker = new(pair, $"t{number}", unchecked((seed * 31) + number));
            while (!stop.IsCancellationRequested)
                worker.Step();
        });

    /// <summary>Work by several threads; what is there when they end is compared.</summary>
    private static ClientResult Run(
        string mount, string shadow, ClientResult total, Action<TreePair, int>? work)
    {
        using FileDescriptor mounted = WorkloadServer.OpenRoot(BytePath.FromText(mount));
        using FileDescriptor shadowed = WorkloadServer.OpenRoot(BytePath.FromText(shadow));
        if (work is not null)
        {
            ClientResult[] results =
                [.. Enumerable.Range(0, Threads).Select(_ => new ClientResult())];
            Thread[] threads = [.. results.Select((result, i) => new Thread(() =>
                work(new TreePair(mounted, shadowed, result), i)))];
            foreach (Thread thread in threads)
                thread.Start();
            foreach (Thread thread in threads)
                thread.Join();
            foreach (ClientResult result in results)
                total.Add(result);
        }

        TreeComparison.Compare(new TreePair(mounted, shadowed, total), "");
        return total;
    }

    private static void Work(
        TreePair pair, int number, int seed, RestartWorkload kind, CancellationToken stop)
    {
        using PairWorker worker = new(pair, $"t{number}", unchecked((seed * 31) + number), kind);
        while (!stop.IsCancellationRequested)
            worker.Step();
    }

    /// <summary>stat(2) of every file of a tree, by several threads: calls in a second.</summary>
    public static double StatStorm(string root, int files, int threads, TimeSpan length)
    {
        using FileDescriptor mounted = WorkloadServer.OpenRoot(BytePath.FromText(root));
        byte[][] names = [.. Enumerable.Range(0, files).Select(i => BytePath.ToBytes($"f{i}"))];
        long[] calls = new long[threads];
        Stopwatch clock = Stopwatch.StartNew();
        Thread[] all = [.. Enumerable.Range(0, threads).Select(t => new Thread(() =>
        {
            for (int i = t * 17; clock.Elapsed < length; i++)
            {
                Errno errno = Metadata.Statx(
                    mounted, names[i % files], AtFlags.SymlinkNoFollow, StatxMask.BasicStats,
                    out _);
                if (errno != Errno.None)
                    throw new LinuxException(errno, "stat");
                calls[t]++;
            }
        }))];
        foreach (Thread thread in all)
            thread.Start();
        foreach (Thread thread in all)
            thread.Join();
        return calls.Sum() / clock.Elapsed.TotalSeconds;
    }
}
