namespace HandleCache.Server.Keeping;

/// <summary>A server process as its keeper sees it. Disposing kills and reaps it.</summary>
public interface IServerProcess : IDisposable
{
    int ProcessId { get; }

    /// <summary>Waits for its end; its exit code, or null when it still runs.</summary>
    int? WaitForExit(TimeSpan patience);
}
