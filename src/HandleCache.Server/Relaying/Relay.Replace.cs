using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Relaying;

/// <summary>Another server in the place of one that is killed, unseen by the kernel.</summary>
/// <remarks>
/// What the dead server had written is carried yet. What it had not answered is sent to the new
/// one again, whether it had been done or not: no server says. FORGETs of that time are lost with
/// the server that they were meant for.
/// </remarks>
public sealed partial class Relay
{
    /// <summary>Requests without a reply by now; null where none is kept.</summary>
    private readonly ConcurrentDictionary<ulong, byte[]>? _kept;

    /// <summary>Held while a request is sent, and while servers change places.</summary>
    private readonly Lock _gate = new();

    private byte[] _init = [];
    private byte[] _agreed = [];
    private volatile bool _isReplacing;

    /// <summary>Requests that were sent to more than one server.</summary>
    public long SentAgain { get; private set; }

    /// <summary>A new server has agreed to something else than the first.</summary>
    public bool HasOtherInit { get; private set; }

    /// <summary>Puts a new server in the place of the old one; one thread at a time.</summary>
    /// <param name="kill">Ends the old one at once.</param>
    /// <param name="start">
    /// Starts the new one; the socket is not owned. No message passes meanwhile.
    /// </param>
    /// <param name="patience">How long its answer to INIT is waited for.</param>
    /// <exception cref="IOException">
    /// It cannot be started, or does not agree to INIT: the relay carries nothing any more.
    /// </exception>
    public void Replace(Action kill, Func<PacketSocket> start, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(kill);
        ArgumentNullException.ThrowIfNull(start);
        if (_kept is null)
            throw new InvalidOperationException("this relay keeps no requests");
        _isReplacing = true;
        kill();

        // What it started may hold its end open; what has come by now is received yet.
        _server.Shutdown();
        lock (_gate)
        {
            _up.Join();
            try
            {
                _server = start();
                Introduce(patience);
            }
            catch (IOException)
            {
                _serverEnded = true;
                throw;
            }

            _isReplacing = false;
            _up = UpThread();
            _up.Start();
            foreach ((ulong _, byte[] message) in _kept.OrderBy(one => one.Key))
            {
                SentAgain++;
                _server.Send(message);
            }
        }
    }

    /// <summary>Null where a request is on its way, or is sent to the next server.</summary>
    private SysResult? SendToServer(ReadOnlySpan<byte> message)
    {
        lock (_gate)
        {
            if (_kept is not null
                && FuseRequest.TryParse(message, out FuseRequest request, out _)
                && Operation.Of(request.Opcode).HasReply)
            {
                _kept[request.Header.unique] = message.ToArray();
            }

            SysResult sent = _server.Send(message);
            return sent.Failed && !_isReplacing ? sent : null;
        }
    }

    /// <summary>INIT once more, whose answer the kernel does not get.</summary>
    private void Introduce(TimeSpan patience)
    {
        if (_init.Length == 0)
            return;
        byte[] buffer = new byte[RelayInit.BufferBytes];
        long begun = Stopwatch.GetTimestamp();
        Errno errno = _server.Send(_init).Errno;
        while (errno is Errno.None or Errno.EAGAIN or Errno.EINTR)
        {
            TimeSpan left = patience - Stopwatch.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                break;
            Poller.WaitReadable(
                _server.Descriptor, null, (int)Math.Ceiling(left.TotalMilliseconds), out _, out _);
            errno = _server.Receive(buffer, out ReceivedPacket packet, null, wait: false);
            Span<byte> message = buffer.AsSpan(0, packet.LengthBytes);
            if (errno == Errno.None && message.IsEmpty)
                break;
            if (errno != Errno.None || !MemoryMarshal.TryRead(message, out fuse_out_header header)
                || header.unique != _initUnique)
                continue;
            if (header.error != 0)
                break;
            RelayInit.LimitReply(message);
            HasOtherInit |= !message.SequenceEqual(_agreed);
            _kept!.TryRemove(_initUnique, out _);
            return;
        }

        throw new IOException("it does not agree to INIT");
    }
}
