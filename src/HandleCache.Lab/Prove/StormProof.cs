using HandleCache.Lab.Mounting;
using HandleCache.Lab.Restart;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;

namespace HandleCache.Lab.Prove;

/// <summary>
/// stat(2) of names that are believed for no time, on the kernel's own FUSE and on the one with
/// handles, by turns, with the same server. An emulated processor: the ratio says something, the
/// times do not.
/// </summary>
internal static class StormProof
{
    private const int Rounds = 5;
    private const double Seconds = 1.5;

    public static IReadOnlyList<ProofRow> Run(
        FuseDriver driver, Dialect dialect, CancellationToken cancel)
    {
        using RestartFolders plain = new(null);
        using RestartFolders handles = new(null);
        using NamespaceThread home = new();
        using Served first = new(home, StatStorm.Prepare(plain));
        using Served second = new(
            home, StatStorm.Prepare(handles) with { Driver = driver, Dialect = dialect });
        double[] ratios = [.. StatStorm
            .Pairs(home, plain.Mount, handles.Mount, 1, Rounds, Seconds, cancel)
            .Select(pair => pair.Second / pair.First).Order()];
        return
        [
            new ProofRow(
                "time of a stat, with handles / without", "not modelled",
                FormattableString.Invariant(
                    $"{ratios[Rounds / 2]:F2} ({ratios[0]:F2}-{ratios[^1]:F2})"),
                true),
        ];
    }

    /// <summary>A directory served from this process, as both mounts are.</summary>
    private sealed class Served : IDisposable
    {
        private readonly PassthroughFileSystem _served;
        private readonly ServedMount _mount;

        public Served(NamespaceThread home, MountOptions options)
        {
            _served = MountPlaces.Serve(options, MountPlaces.PassthroughOf(options));
            _mount = ServedMount.Start(
                home, options.MountPoint, _served, options.Session, options.Settings, null);
        }

        public void Dispose()
        {
            _mount.Dispose();
            _served.Dispose();
        }
    }
}
