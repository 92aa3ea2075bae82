using HandleCache.Linux;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Server.Keeping;

/// <summary>How a keeper works.</summary>
public sealed record KeeperOptions
{
    /// <summary>
    /// Starts a server that inherits this end of the socket. On the keeper's thread.
    /// </summary>
    public required Func<FileDescriptor, IServerProcess> Start { get; init; }

    /// <summary>Workers of the server, each with a device of its own; 1 to 8.</summary>
    public required int Workers { get; init; }

    /// <summary>What the server speaks; it must carry handles.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>
    /// Handles of the mount are to be opened after their inodes are forgotten, in every life.
    /// </summary>
    public bool IsExported { get; init; }

    /// <summary>Largest WRITE the server may agree to, bytes.</summary>
    public int MaxWriteBytes { get; init; } = 1 << 20;

    /// <summary>
    /// So many servers in a row that died while they started, or by themselves without one
    /// answer, and the keeper gives up.
    /// </summary>
    public int MaxFruitlessLives { get; init; } = 6;

    /// <summary>Told in words what happens to the servers.</summary>
    public Action<string> Report { get; init; } = static _ => { };
}

/// <summary>A server process as its keeper sees it. Disposing kills and reaps it.</summary>
public interface IServerProcess : IDisposable
{
    int ProcessId { get; }

    /// <summary>Waits for its end; its exit code, or null when it still runs.</summary>
    int? WaitForExit(TimeSpan patience);
}
