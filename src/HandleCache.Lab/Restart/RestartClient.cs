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

    private const int Threads = 3;

    /// <param name="mount">The mount point.</param>
    /// <param name="shadow">An empty directory outside.</param>
    /// <param name="kind">What to do.</param>
    /// <param name="seed">Of all threads.</param>
    /// <param name="stop">Ends the work; what is there is compared then.</param>
    public static ClientResult Run(
        string mount, string shadow, RestartWorkload kind, int seed, CancellationToken stop)
    {
        using FileDescriptor mounted = WorkloadServer.OpenRoot(BytePath.FromText(mount));
        using FileDescriptor shadowed = WorkloadServer.OpenRoot(BytePath.FromText(shadow));
        ClientResult total = new();
        if (kind == RestartWorkload.Git)
        {
            GitWork.Run(mount, shadow, total, stop);
        }
        else
        {
            ClientResult[] results = new ClientResult[Threads];
            Thread[] threads = [.. Enumerable.Range(0, Threads).Select(i => new Thread(() =>
                results[i] = Work(new TreePair(mounted, shadowed, new()), i, seed, kind, stop)))];
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

    private static ClientResult Work(
        TreePair pair, int number, int seed, RestartWorkload kind, CancellationToken stop)
    {
        using (PairWorker worker = new(pair, $"t{number}", unchecked((seed * 31) + number), kind))
        {
            while (!stop.IsCancellationRequested)
                worker.Step();
        }

        return pair.Result;
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
