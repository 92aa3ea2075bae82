using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Differential;

/// <summary>What many scripts share: a mount namespace, a mount point, a client process.</summary>
public sealed class ScriptHost : IDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly WorkloadCommandLine? _command;
    private WorkloadProcess? _other;

    /// <param name="client">The client's program; null for this one.</param>
    /// <param name="driver">Which FUSE; null for the built-in one.</param>
    /// <param name="processor">Where client and mounts stay; null for anywhere.</param>
    /// <exception cref="WorkloadException">The client could not be started.</exception>
    public ScriptHost(
        WorkloadCommandLine? client = null, FuseDriver? driver = null, int? processor = null)
    {
        Driver = driver ?? FuseDriver.BuiltIn;
        _command = client;
        _folder = MakeFolder();
        Namespace = new NamespaceThread();
        try
        {
            Client = Namespace.Invoke(() =>
            {
                if (processor is { } only)
                    Processors.PinThread(only);
                return WorkloadProcess.Start(client);
            });
        }
        catch
        {
            Namespace.Dispose();
            _folder.Delete();
            throw;
        }
    }

    public string MountPoint => _folder.FullName;

    /// <summary>Which FUSE is mounted.</summary>
    public FuseDriver Driver { get; }

    internal NamespaceThread Namespace { get; }

    internal WorkloadProcess Client { get; }

    /// <summary>The process that calls while another does; started when first asked for.</summary>
    internal WorkloadProcess OtherClient =>
        _other ??= Namespace.Invoke(() => WorkloadProcess.Start(_command));

    /// <summary>From any thread: whoever asks a client gets an exception.</summary>
    public void KillClients()
    {
        Client.Kill();
        _other?.Kill();
    }

    private static DirectoryInfo MakeFolder()
    {
        try
        {
            return Directory.CreateTempSubdirectory("handlecache-diff-");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(
                $"cannot make a folder in {Path.GetTempPath()}: {e.Message}", e);
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        _other?.Dispose();
        Namespace.Dispose();
        _folder.Delete();
    }
}
