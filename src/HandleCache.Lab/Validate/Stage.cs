using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Validate;

/// <summary>
/// One file system on a real mount, its traffic checked against its own model, and a client
/// process that drives it. The parent never touches the mount itself.
/// </summary>
internal sealed class Stage : IEvictedMount, IDisposable
{
    /// <summary>Longest wait for one answer of the client; a hung mount ends here.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan ForgetPatience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenRegistration _onCancel;

    private Stage(
        string name,
        ServedMount mount,
        KernelMirror mirror,
        WorkloadProcess client,
        CheckLedger ledger,
        CancellationToken cancel)
    {
        Name = name;
        Mount = mount;
        Mirror = mirror;
        Client = client;
        Ledger = ledger;
        _onCancel = cancel.Register(client.Kill);
    }

    public string Name { get; }

    public ServedMount Mount { get; }

    public KernelMirror Mirror { get; }

    public WorkloadProcess Client { get; }

    public CheckLedger Ledger { get; }

    public string Root => Mount.MountPoint;

    public Notifier Notifier => Mount.Notifier;

    public uint Minor => Mount.Agreement.Minor;

    public ulong[] HeldNodeIds() => Mirror.Inspect(static cache => cache.NodeIds());

    public ulong Held(ulong nodeId) => Mirror.Inspect(cache => cache.Held(nodeId));

    /// <summary>Mounts, starts the client, and takes all down again if any of it fails.</summary>
    public static Stage Start(
        string name,
        StagePlan plan,
        FileSystem fileSystem,
        SessionOptions session,
        bool readOnly,
        bool reusesNodeIds = false,
        string? mountPoint = null)
    {
        KernelMirror mirror = new(
            new FuseInodeCache(new FuseInodeCacheOptions
            {
                Strategy = plan.Options.Strategy,
                IndexByHandle = true,
                Faults = plan.Options.Break is { } planted
                    ? ModelFaults.Of(planted)
                    : ModelFaults.None,
            }),
            plan.Ledger,
            reusesNodeIds,
            plan.Recording?.Of(name),
            plan.Options.Dialect);
        ServedMount? mount = null;
        try
        {
            mountPoint ??= plan.NewMountPoint(name);
            mount = ServedMount.Start(
                plan.Namespace,
                mountPoint,
                fileSystem,
                session with { Dialect = plan.Options.Dialect },
                new FuseMountOptions { Driver = plan.Options.Driver, ReadOnly = readOnly },
                mirror,
                below: plan.Options.BreakServer is { } fault
                    ? channel => new FaultyServer(channel, fault)
                    : null);
            WorkloadProcess client = plan.Namespace.Invoke(() => WorkloadProcess.Start());
            return new Stage(name, mount, mirror, client, plan.Ledger, plan.Cancel);
        }
        catch
        {
            mount?.Dispose();
            mirror.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Asks the client; a death or a time-out ends the validation. Where the server died first,
    /// that is what the exception says.
    /// </summary>
    public TReply Ask<TReply>(WorkloadRequest<TReply> request)
        where TReply : WorkloadReply
    {
        try
        {
            return Client.Ask(request, Patience);
        }
        catch (WorkloadException) when (Mount.Failure is { } failure)
        {
            throw new WorkloadException($"stage {Name}: {failure.Message}", failure);
        }
    }

    /// <summary>Waits until a look into the model says yes.</summary>
    public bool WaitFor(Func<FuseInodeCache, bool> condition, TimeSpan timeout) =>
        WaitFor(() => Mirror.Inspect(condition), timeout);

    /// <summary>Waits until something holds; false when it does not in time.</summary>
    public static bool WaitFor(Func<bool> condition, TimeSpan timeout)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        while (!condition())
        {
            if (Environment.TickCount64 > end)
                return false;
            Thread.Sleep(2);
        }

        return true;
    }

    /// <summary>
    /// Whether the kernel has taken back all it held of a nodeid: then its inode is evicted. The
    /// FORGET may be on its way.
    /// </summary>
    public bool IsForgotten(ulong nodeid) =>
        WaitFor(cache => cache.Held(nodeid) == 0, ForgetPatience);

    public void Dispose()
    {
        _onCancel.Dispose();
        Client.Dispose();
        Mount.Dispose();
        Mirror.Dispose();
    }
}
