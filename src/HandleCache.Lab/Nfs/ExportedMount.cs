using HandleCache.Lab.Mounting;
using HandleCache.Model.Inodes;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Nfs;

/// <summary>
/// A mount of ours for an NFS server to export, served by this process, its traffic held against
/// the model.
/// </summary>
internal sealed class ExportedMount : IDisposable
{
    private readonly NamespaceThread _everybodys = new(ownNamespace: false);
    private readonly PassthroughFileSystem _served;
    private readonly KernelMirror _mirror;
    private readonly ServedMount _mount;

    /// <exception cref="IOException">It did not start.</exception>
    public ExportedMount(MountOptions options, CheckLedger ledger)
    {
        MountPlaces.Check(options);
        _served = MountPlaces.Serve(options, MountPlaces.PassthroughOf(options));
        _mirror = new KernelMirror(new FuseInodeCache(new FuseInodeCacheOptions()), ledger);
        _mount = ServedMount.Start(
            _everybodys, options.MountPoint, _served, options.Session, options.Settings, _mirror);
    }

    /// <summary>Inodes that the kernel has of it, the root included.</summary>
    public int Inodes => _mirror.Statistics.Inodes;

    /// <summary>Ends it and compares what the model is left with.</summary>
    public void Dispose()
    {
        _mount.Dispose();
        _mirror.Validate();
        _mirror.Dispose();
        _served.Dispose();
        _everybodys.Dispose();
    }
}
