using System.Diagnostics;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Prove;

/// <summary>How a mount's servers are killed.</summary>
internal sealed record KillProofOptions
{
    /// <summary>The kernel with handles.</summary>
    public required FuseDriver Driver { get; init; }

    /// <summary>As the command line spells it: the server process is told so.</summary>
    public required string Design { get; init; }

    /// <summary>How many servers.</summary>
    public int Kills { get; init; } = 50;

    /// <summary>Or as many as come in this time; null for the number.</summary>
    public TimeSpan? Length { get; init; }

    /// <summary>From the last use of what was held to a kill, ms; drawn below this.</summary>
    public int MostPauseMs { get; init; } = 100;

    /// <summary>Of the load, and of when to kill.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>
/// Kills the server of a mount of which a small process holds the device and nothing else, while
/// clients work on it: the next server begins with an empty table, and what it finds again it finds
/// by the handles that the kernel kept. After each death everything that an application can hold is
/// used once, on the kernel and on the modelled one, whose server forgets as much.
/// </summary>
internal sealed class KillProof : IDisposable
{
    /// <summary>Names are believed for so long: only the epoch ends that.</summary>
    private const int ValidSeconds = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly MountOptions _options;
    private readonly RestartFolders _folders = new(null);
    private readonly NamespaceThread _home = new();
    private readonly KilledThings _things;
    private readonly CancellationToken _cancel;
    private readonly SplitMix64 _random;
    private readonly KillProofOptions _settings;
    private readonly long _begun = Stopwatch.GetTimestamp();
    private int _kills;

    private KillProof(
        KillProofOptions settings, KilledThings things, CancellationToken cancel)
    {
        _things = things;
        _cancel = cancel;
        _settings = settings;
        _random = new SplitMix64(settings.Seed);
        _options = new MountOptions
        {
            Source = _folders.Source,
            MountPoint = _folders.Mount,
            Driver = settings.Driver,
            DialectName = settings.Design,
            TimeoutSeconds = ValidSeconds,
        };
    }

    /// <param name="settings">What to do.</param>
    /// <param name="things">What is used after each death, and the modelled kernel.</param>
    /// <param name="pressure">Told where to mount; works beside the load. Null for none.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="IOException">The mount was given up.</exception>
    public static IReadOnlyList<ProofRow> Run(
        KillProofOptions settings, KilledThings things,
        Func<NamespaceThread, string, MemoryPressure>? pressure, CancellationToken cancel)
    {
        using KillProof proof = new(settings, things, cancel);
        using MemoryPressure? beside = pressure?.Invoke(
            proof._home, Path.Combine(proof._folders.Root, "pressure"));
        IReadOnlyList<ProofRow> rows = proof.Run();
        return beside is null ? rows : [.. rows, beside.End()];
    }

    public void Dispose()
    {
        _home.Dispose();
        _folders.Dispose();
    }

    private IReadOnlyList<ProofRow> Run()
    {
        KilledThings.Plant(_folders.Source);
        KilledThings.Plant(_folders.Shadow);
        ClientResult load;
        using (HeldMount held = HeldMount.Start(_home, _options))
        using (ClientProcess client = _home.Invoke(() => ClientProcess.Start(
            _folders.Mount, _folders.Shadow, RestartClient.HeldWork,
            ClientProcess.Text((int)(_settings.Seed % int.MaxValue)))))
        {
            using (WorkloadProcess user = _home.Invoke(() => WorkloadProcess.Start()))
            using (_cancel.Register(user.Kill))
            {
                user.Ask(new BeginScriptRequest(_folders.Mount), Patience);
                _things.Use(_things.Setup, 0, call => Ask(user, call));
                while (!IsOver)
                {
                    int before = _kills;
                    KillOnce(held);
                    if (_random.OneIn(4) && !IsOver)
                        KillOnce(held);
                    _things.Use(KilledThings.Calls, _kills - before, call => Ask(user, call));
                }

                user.Ask(new EndScriptRequest(), Patience);
            }

            load = client.Finish(Patience, _cancel) is { } line
                ? ClientResult.FromLine(line)
                : throw new IOException("the load did not end: it hangs or has crashed");
            if (held.Failure is { } failure)
                throw new IOException(failure.Message, failure);
        }

        CompareSource(load);
        return
        [
            ProofRow.Equal(
                "servers killed, their device held",
                _settings.Length is null ? _settings.Kills : Math.Max(1, _kills), _kills),
            .. _things.Rows(),
            LoadRow(load),
            ProofRow.Equal("wrong object", 0, _things.WrongObject + load.WrongObject),
        ];
    }

    private bool IsOver => _settings.Length is { } length
        ? Stopwatch.GetElapsedTime(_begun) >= length
        : _kills >= _settings.Kills;

    /// <summary>SIGKILL in whatever the server does; returns when there is another.</summary>
    private void KillOnce(HeldMount held)
    {
        _cancel.WaitHandle.WaitOne(_random.Below(_settings.MostPauseMs));
        long life = held.Life;
        WaitUntil(held, () => held.ServerPid != 0);
        Processes.Signal(held.ServerPid, Processes.Kill);
        WaitUntil(held, () => held.Life > life);
        _kills++;
    }

    private void WaitUntil(HeldMount held, Func<bool> condition)
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            _cancel.ThrowIfCancellationRequested();
            if (held.Failure is { } failure)
                throw new IOException($"the mount was given up: {failure.Message}", failure);
            if (Environment.TickCount64 > end)
                throw new IOException("no other server was started");
            Thread.Sleep(1);
        }
    }

    private static VfsResult Ask(WorkloadProcess user, VfsCall call) =>
        user.Ask(new ScriptCallsRequest([call]), Patience).Results[0];

    /// <summary>What the mount showed lies in the source.</summary>
    private void CompareSource(ClientResult load)
    {
        using FileDescriptor source = WorkloadServer.OpenRoot(BytePath.FromText(_folders.Source));
        using FileDescriptor shadow = WorkloadServer.OpenRoot(BytePath.FromText(_folders.Shadow));
        TreeComparison.Compare(new TreePair(source, shadow, load), "");
    }

    private static ProofRow LoadRow(ClientResult load) => new(
        "results of the load that no rule explains", "0",
        load.Errors == 0
            ? FormattableString.Invariant($"0: {load.Operations} operations, {load.Stale} ")
                + FormattableString.Invariant($"tried again after ESTALE, {load.Repeated} done ")
                + "before a death and tried again by the kernel"
            : FormattableString.Invariant($"{load.Errors}: ")
                + string.Join("; ", load.WrongMessages.Concat(load.Messages).Take(3)),
        load.Errors == 0 && load.Operations > 0 && load.Compared > 0);
}
