using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Differential;

/// <summary>Keeps the requests of one side as they are compared. Safe from any thread.</summary>
/// <param name="dropsReads">READs are left out (<see cref="NoiseRules"/>, "cached-read").</param>
/// <param name="next">Told of all of it, too.</param>
/// <param name="dialect">What the requests are written in; null for today's.</param>
/// <param name="withHandles">The handles that requests bring are compared, too.</param>
public sealed class StreamRecorder(
    bool dropsReads, ITrafficObserver? next = null, Dialect? dialect = null,
    bool withHandles = false)
    : ITrafficObserver
{
    private readonly Lock _lock = new();
    private readonly List<ScriptRequest> _requests = [];
    private byte[] _init = [];
    private int _unanswered;

    public int Count
    {
        get
        {
            lock (_lock)
                return _requests.Count;
        }
    }

    /// <summary>The body of INIT, with which the kernel begins; empty until then.</summary>
    public ReadOnlySpan<byte> Init => Volatile.Read(ref _init);

    /// <summary>The requests from a number on.</summary>
    public IReadOnlyList<ScriptRequest> From(int first)
    {
        lock (_lock)
            return _requests.GetRange(first, _requests.Count - first);
    }

    /// <summary>
    /// Whether every request read so far has been answered: then nothing of a call that ended,
    /// such as its RELEASE, is under way.
    /// </summary>
    public bool IsQuiet => Volatile.Read(ref _unanswered) == 0;

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        next?.OnRequest(message);
        if (FuseRequest.TryParse(message, out FuseRequest parsed, out _)
            && Operation.Of(parsed.Opcode).HasReply)
        {
            Interlocked.Increment(ref _unanswered);
            if (parsed.Opcode == FuseOpcode.FUSE_INIT)
                Volatile.Write(ref _init, parsed.Body.ToArray());
        }

        if (NoiseRules.Normalize(
            message, dropsReads, dialect ?? Dialect.Classic, withHandles) is not { } request)
            return;
        lock (_lock)
            _requests.Add(request);
    }

    public void OnReply(ReadOnlySpan<byte> message) => next?.OnReply(message);

    public void OnSent(ReadOnlySpan<byte> message, Errno errno)
    {
        next?.OnSent(message, errno);
        if (FuseReply.TryParse(message, out FuseReply reply, out _) && !reply.IsNotification)
            Interlocked.Decrement(ref _unanswered);
    }
}
