using System.Collections.Concurrent;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>Decides which requests a <see cref="GateChannel"/> keeps back.</summary>
public interface IMessageGate
{
    /// <summary>
    /// Told of each message as it is read, on the channel's own thread; true keeps it from the
    /// server until it is given to <see cref="GateChannel.Pass"/>.
    /// </summary>
    bool Keeps(ReadOnlySpan<byte> message);
}

/// <summary>
/// Reads ahead of a server with one worker, so that a request can wait while others are served:
/// the order in which requests are answered is the gate's to choose.
/// </summary>
public sealed class GateChannel(IChannel inner, IMessageGate gate) : IChannel
{
    /// <summary>More than a read of the device asks for, bytes.</summary>
    private const int BufferBytes = 1 << 18;

    private readonly Lock _lock = new();
    private readonly BlockingCollection<byte[]> _messages = [];
    private IChannelPort? _port;

    /// <exception cref="InvalidOperationException">A second reader: there is one.</exception>
    public IChannelPort OpenPort()
    {
        if (_port is not null)
            throw new InvalidOperationException("a gate has one reader");
        _port = inner.OpenPort();
        return new Port(this, _port);
    }

    /// <summary>
    /// Lets a message that was kept back go on to the server; of a connection that has ended it
    /// goes nowhere. From any thread.
    /// </summary>
    public void Pass(byte[] message)
    {
        ArgumentNullException.ThrowIfNull(message);
        lock (_lock)
        {
            if (!_messages.IsAddingCompleted)
                _messages.Add(message);
        }
    }

    private void End()
    {
        lock (_lock)
            _messages.CompleteAdding();
    }

    /// <summary>Answers a message that was kept back in the server's stead.</summary>
    public Errno Reply(ReadOnlySpan<byte> message) =>
        _port?.Send(message) ?? Errno.ENOTCONN;

    public void Close() => inner.Close();

    public void Dispose() => inner.Dispose();

    private sealed class Port(GateChannel channel, IChannelPort inner) : IChannelPort
    {
        private Thread? _reader;
        private Errno _failure;

        public SysResult Receive(Span<byte> buffer)
        {
            if (_reader is null)
            {
                _reader = new Thread(Read) { IsBackground = true, Name = "gate" };
                _reader.Start();
            }

            if (!channel._messages.TryTake(out byte[]? message, Timeout.Infinite))
            {
                return _failure == Errno.None
                    ? SysResult.Success(0)
                    : SysResult.Failure(_failure);
            }

            if (message.Length > buffer.Length)
                return SysResult.Failure(Errno.EINVAL);
            message.CopyTo(buffer);
            return SysResult.Success(message.Length);
        }

        public Errno Send(ReadOnlySpan<byte> message) => inner.Send(message);

        public void Dispose() => inner.Dispose();

        private void Read()
        {
            byte[] buffer = new byte[BufferBytes];
            while (true)
            {
                SysResult read = inner.Receive(buffer);
                if (read.Failed || read.Value == 0)
                {
                    _failure = read.Errno;
                    channel.End();
                    return;
                }

                ReadOnlySpan<byte> message = buffer.AsSpan(0, (int)read.Value);
                if (!channel.Keeps(message))
                    channel.Pass(message.ToArray());
            }
        }
    }

    private bool Keeps(ReadOnlySpan<byte> message) => gate.Keeps(message);
}
