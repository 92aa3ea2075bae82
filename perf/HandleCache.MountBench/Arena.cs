namespace HandleCache.MountBench;

/// <summary>Several servers of the same source, mounted side by side.</summary>
internal sealed class Arena : IDisposable
{
    private readonly List<RunningServer> _servers = [];

    private Arena(string[] roots) => Roots = roots;

    /// <summary>The mount points, in the order of the contenders.</summary>
    public string[] Roots { get; }

    public static Arena Start(
        BenchFolder folder, IReadOnlyList<Contender> contenders, int timeoutSeconds,
        Placement placement)
    {
        Arena arena = new([.. contenders.Select((_, i) => folder.MountPoint(i))]);
        try
        {
            for (int i = 0; i < contenders.Count; i++)
            {
                RunningServer server = RunningServer.Start(
                    contenders[i], folder.Source, arena.Roots[i], timeoutSeconds);
                arena._servers.Add(server);
                if (placement.Servers() is { } processor)
                    server.MoveTo(processor);
            }

            return arena;
        }
        catch
        {
            arena.Dispose();
            throw;
        }
    }

    /// <summary>What each server has used, in the order of the contenders.</summary>
    public ServerUse[] Use() => [.. _servers.Select(server => server.Use)];

    public void Dispose()
    {
        foreach (RunningServer server in _servers)
            server.Dispose();
    }
}
