using HandleCache.Lab.Mounting;
using HandleCache.Lab.Workload;

namespace HandleCache.Lab.Differential;

/// <summary>What many scripts share: a mount namespace, a mount point, a client process.</summary>
public sealed class ScriptHost : IDisposable
{
    private readonly DirectoryInfo _folder;

    /// <exception cref="WorkloadException">The client could not be started.</exception>
    public ScriptHost(WorkloadCommandLine? client = null)
    {
        _folder = Directory.CreateTempSubdirectory("handlecache-diff-");
        Namespace = new NamespaceThread();
        try
        {
            Client = Namespace.Invoke(() => WorkloadProcess.Start(client));
        }
        catch
        {
            Namespace.Dispose();
            _folder.Delete();
            throw;
        }
    }

    public string MountPoint => _folder.FullName;

    internal NamespaceThread Namespace { get; }

    internal WorkloadProcess Client { get; }

    public void Dispose()
    {
        Client.Dispose();
        Namespace.Dispose();
        _folder.Delete();
    }
}
