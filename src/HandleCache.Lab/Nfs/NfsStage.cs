using HandleCache.Linux;

namespace HandleCache.Lab.Nfs;

/// <summary>
/// Where a mount of ours, its export and a client of that stand; taken down in the reverse order.
/// </summary>
internal sealed class NfsStage : IDisposable
{
    /// <summary>Times that the end of a client is looked for.</summary>
    private const int MostWaits = 3000;

    private readonly Stack<Action> _undo = [];

    /// <param name="root">A folder; what is made in it is empty in the end.</param>
    /// <exception cref="IOException">Something could not be mounted.</exception>
    public NfsStage(string root)
    {
        Source = Folder(root, "source");
        Mounted = Folder(root, "mount");
        Client = Folder(root, "client");
        Mounts.MountTmpfs(Source, "size=64m");
        _undo.Push(() => Mounts.Unmount(Source));
    }

    /// <summary>What is served: a tmpfs.</summary>
    public string Source { get; }

    /// <summary>Where it is to be mounted, and what is exported.</summary>
    public string Mounted { get; }

    /// <summary>Where the client has it.</summary>
    public string Client { get; }

    /// <summary>What is to be done before all that was done before.</summary>
    public void OnEnd(Action action) => _undo.Push(action);

    /// <summary>Exports what is mounted, mounts it as a client, and makes a tree there.</summary>
    /// <exception cref="IOException">The export does not work.</exception>
    public NfsTree Export(ulong seed, int directories, int files)
    {
        KernelNfsServer.Export(Mounted);
        _undo.Push(KernelNfsServer.Stop);

        // No attribute is believed: each is asked for, by handle.
        Mounts.MountNfs(
            KernelNfsServer.Address, Client,
            $"vers=4.2,clientaddr={KernelNfsServer.Address},proto=tcp,sec=sys,actimeo=0");
        _undo.Push(EndClient);
        NfsTree tree = new(Client, seed);
        _undo.Push(tree.Dispose);
        tree.Make(Source, Client, directories, files);
        return tree;
    }

    public void Dispose()
    {
        while (_undo.TryPop(out Action? undo))
            undo();
    }

    /// <summary>
    /// Unmounts and waits for the client's last words, which follow: a client whose server goes
    /// before would look for it, at ever longer intervals, and the next client on this machine
    /// would wait with it.
    /// </summary>
    private void EndClient()
    {
        Mounts.Unmount(Client);
        for (int wait = 0; wait < MostWaits && KernelNfsServer.HasClient; wait++)
            Thread.Sleep(20);
    }

    private static string Folder(string root, string name) =>
        Directory.CreateDirectory(Path.Combine(root, name)).FullName;
}
