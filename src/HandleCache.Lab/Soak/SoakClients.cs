using System.Globalization;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol;
using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Soak;

/// <summary>
/// The load of one mount: a client that lives to the end and is compared with its shadow, and
/// clients that are killed one after another, each in a directory of its own.
/// </summary>
internal sealed class SoakClients : IDisposable
{
    private const string Steady = "steady";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly NamespaceThread _namespace;
    private readonly RestartFolders _folders;
    private readonly SplitMix64 _random;
    private readonly int _lifeMs;
    private readonly ClientProcess _steady;
    private ClientProcess? _victim;
    private string _victimName = "";
    private long _killAt;

    /// <param name="mounts">Where the mount can be seen.</param>
    /// <param name="folders">Its source is mounted already.</param>
    /// <param name="seed">Of what is done and who dies when.</param>
    /// <param name="lifeMs">Of a client that is killed, on average.</param>
    public SoakClients(NamespaceThread mounts, RestartFolders folders, int seed, int lifeMs)
    {
        (_namespace, _folders, _lifeMs) = (mounts, folders, lifeMs);
        _random = new SplitMix64((ulong)seed);
        _steady = Start(Steady, seed);
    }

    public int Killed { get; private set; }

    /// <summary>Names at the top of the mount that there have been.</summary>
    public List<string> Names { get; } = [Steady];

    /// <summary>Kills a client whose time has come and starts another.</summary>
    public void Step()
    {
        if (_victim is not null && Environment.TickCount64 < _killAt)
            return;
        EndVictim();
        _victimName = string.Create(CultureInfo.InvariantCulture, $"victim{Killed}");
        Names.Add(_victimName);
        _victim = Start(_victimName, _random.Below(int.MaxValue));
        _killAt = Environment.TickCount64 + (_lifeMs / 2) + _random.Below(_lifeMs);
    }

    /// <summary>Ends all; what the one that lived has seen.</summary>
    public SoakLoad Finish(CancellationToken cancel)
    {
        EndVictim();
        ClientResult seen = new();
        if (_steady.Finish(Patience, cancel) is { } line)
            seen = ClientResult.FromLine(line);
        else
            seen.Error("the client did not finish: it hangs on the mount or has crashed");
        using FileDescriptor source = WorkloadServer.OpenRoot(
            BytePath.FromText(Path.Combine(_folders.Source, Steady)));
        using FileDescriptor shadow = WorkloadServer.OpenRoot(
            BytePath.FromText(Path.Combine(_folders.Shadow, Steady)));
        TreeComparison.Compare(new TreePair(source, shadow, seen), "");
        return new SoakLoad(
            seen.Operations, seen.Errors, seen.WrongObject, seen.Stale, seen.Compared, Killed,
            [.. seen.WrongMessages, .. seen.Messages]);
    }

    public void Dispose()
    {
        _victim?.Dispose();
        _steady.Dispose();
    }

    private ClientProcess Start(string name, int seed)
    {
        Directory.CreateDirectory(Path.Combine(_folders.Source, name));
        Directory.CreateDirectory(Path.Combine(_folders.Shadow, name));
        return _namespace.Invoke(() => ClientProcess.Start(
            Path.Combine(_folders.Mount, name), Path.Combine(_folders.Shadow, name),
            RestartWorkload.Mixed.ToString(), ClientProcess.Text(seed)));
    }

    private void EndVictim()
    {
        if (_victim is null)
            return;
        _victim.Kill();
        _victim.Dispose();
        _victim = null;
        Killed++;

        // Behind the mount's back: its dentries and inodes stay until they are evicted.
        TreeRemoval.Remove(Path.Combine(_folders.Source, _victimName));
        TreeRemoval.Remove(Path.Combine(_folders.Shadow, _victimName));
    }
}
