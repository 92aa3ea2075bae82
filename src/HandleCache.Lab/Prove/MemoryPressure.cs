using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Fills and empties the kernel's cache as long as it lives: a tree with handles of every length of
/// a mix is walked, then dentries and inodes are taken back, those of every mount. For a guest.
/// </summary>
internal sealed class MemoryPressure : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Between a reclaim and a walk: what others have cached grows meanwhile.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly ServedMount _mount;
    private readonly WorkloadProcess _client;
    private readonly ManualResetEventSlim _over = new();
    private readonly Thread _thread;
    private readonly (long Inodes, long Refused) _expected;
    private long _walks;
    private long _whole;
    private Exception? _failure;

    public MemoryPressure(
        NamespaceThread home, string mountPoint, FuseDriver driver, Dialect dialect,
        SyntheticOptions tree, (long Inodes, long Refused) expected)
    {
        _expected = expected;
        _mount = ServedMount.Start(
            home, Directory.CreateDirectory(mountPoint).FullName, new SyntheticFileSystem(tree),
            new SessionOptions { ReadDirPlus = ReadDirPlusMode.Auto, Dialect = dialect },
            new FuseMountOptions { Driver = driver, ReadOnly = true }, null);
        _client = home.Invoke(() => WorkloadProcess.Start());
        _thread = new Thread(Run) { IsBackground = true, Name = "pressure" };
        _thread.Start();
    }

    /// <summary>Ends it; what each walk found.</summary>
    /// <exception cref="IOException">A walk failed.</exception>
    public ProofRow End()
    {
        _over.Set();
        _thread.Join(Patience);
        if (_failure is { } failure)
            throw new IOException($"the walk under memory pressure: {failure.Message}", failure);
        return ProofRow.Equal(
            FormattableString.Invariant($"walks of {_expected.Inodes} inodes, each reclaimed"),
            Math.Max(1, _walks), _whole);
    }

    public void Dispose()
    {
        _over.Set();
        _client.Kill();
        _thread.Join(Patience);
        _client.Dispose();
        _mount.Dispose();
        _over.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_over.IsSet)
            {
                WalkReply walked = _client.Ask(new WalkRequest(_mount.MountPoint), Patience);
                _walks++;
                _whole += walked.Objects - 1 == _expected.Inodes
                    && walked.ErrorCount == _expected.Refused ? 1 : 0;
                GuestMemory.ReclaimInodes();
                _over.Wait(Pause);
            }
        }
        catch (Exception e) when (e is LabException or IOException)
        {
            _failure = e;
        }
    }
}

/// <summary>What is done to a guest's memory as a whole; never to the machine it runs on.</summary>
internal static class GuestMemory
{
    /// <summary>Reclaims dentries and inodes that nobody uses (fs/drop_caches.c).</summary>
    public static void ReclaimInodes() => File.WriteAllText("/proc/sys/vm/drop_caches", "2");
}
