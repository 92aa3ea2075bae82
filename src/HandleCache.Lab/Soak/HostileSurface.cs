using HandleCache.Protocol;

namespace HandleCache.Lab.Soak;

/// <summary>
/// A place where bytes of somebody else come in. A round begins with everything new, so that what
/// a message did shows again when its round is repeated.
/// </summary>
internal abstract class HostileSurface : IDisposable
{
    /// <summary>Messages in a round.</summary>
    public virtual int RoundMessages => 1000;

    /// <summary>
    /// Bytes that one message may make the program allocate. What is unpacked has a bound of its
    /// own, which is larger.
    /// </summary>
    public virtual long MostAllocatedBytes => 64 << 20;

    /// <summary>
    /// Feeds a round. What is thrown, other than what the surface documents, is a finding, and so
    /// is a <see cref="HostileException"/>.
    /// </summary>
    /// <param name="random">Seeded for this round.</param>
    /// <param name="messages">How many.</param>
    /// <param name="tally">Counts, and holds the message that is being fed.</param>
    public abstract void Run(SplitMix64 random, int messages, HostileTally tally);

    /// <summary>
    /// One message by itself: whether it is taken; null where a message means nothing without
    /// those before it.
    /// </summary>
    public virtual bool? Take(byte[] message) => null;

    /// <summary>Ends what the last round left; called after each, thrown out of or not.</summary>
    public virtual void EndRound() { }

    /// <summary>Ends what outlives rounds.</summary>
    public void Dispose() => End();

    /// <summary>As <see cref="Dispose"/>.</summary>
    protected virtual void End() { }
}

/// <summary>What a surface found wrong with its own program.</summary>
internal sealed class HostileException(string message) : Exception(message);

/// <summary>What has been fed; read by the watchdog from another thread.</summary>
internal sealed class HostileTally
{
    private long _messages;

    /// <summary>Messages fed until now.</summary>
    public long Messages => Interlocked.Read(ref _messages);

    /// <summary>Of them, those that were taken for good ones.</summary>
    public long Taken { get; private set; }

    /// <summary>The last messages, the newest at the end.</summary>
    public IReadOnlyList<byte[]> Last => _last;

    private readonly List<byte[]> _last = [];

    /// <summary>Before a message is fed.</summary>
    public void Feed(byte[] message, int remembered = 1)
    {
        Interlocked.Increment(ref _messages);
        while (_last.Count >= remembered)
            _last.RemoveAt(0);
        _last.Add(message);
    }

    /// <summary>After it.</summary>
    public void Took(bool wasTaken) => Taken += wasTaken ? 1 : 0;
}
