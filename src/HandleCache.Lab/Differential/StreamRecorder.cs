using HandleCache.Linux;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Differential;

/// <summary>Keeps the requests of one side as they are compared. Safe from any thread.</summary>
public sealed class StreamRecorder(bool dropsReads) : ITrafficObserver
{
    private readonly Lock _lock = new();
    private readonly List<ScriptRequest> _requests = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _requests.Count;
        }
    }

    /// <summary>The requests from a number on.</summary>
    public IReadOnlyList<ScriptRequest> From(int first)
    {
        lock (_lock)
            return _requests.GetRange(first, _requests.Count - first);
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        if (NoiseRules.Normalize(message, dropsReads) is not { } request)
            return;
        lock (_lock)
            _requests.Add(request);
    }

    public void OnReply(ReadOnlySpan<byte> message) { }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno) { }
}
