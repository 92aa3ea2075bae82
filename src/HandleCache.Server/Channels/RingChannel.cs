using HandleCache.Linux;
using HandleCache.Linux.Rings;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Channels;

/// <summary>
/// The real kernel by FUSE over io_uring: one queue for each processor, served by a thread that
/// stays there, so that a request is served where it was made and needs one system call. Before
/// all queues are there, and for FORGET, INTERRUPT and notifications, it is /dev/fuse: the first
/// port. A session needs <see cref="Workers"/> of them, and INIT FUSE_OVER_IO_URING.
/// </summary>
/// <remarks>
/// A reply takes effect when the next request is fetched, and the kernel does not say whether it
/// still wanted it: it keeps a request that the server has until it is answered.
/// </remarks>
public sealed class RingChannel(FuseDevice device) : IChannel
{
    private readonly Lock _lock = new();
    private readonly WakeEvent _wake = new();
    private readonly List<IChannelPort> _ports = [];

    /// <summary>Ports that a session must open: the device's, and one for each processor.</summary>
    public static int Workers => 1 + Processors.PossibleCount();

    public IBackingFiles Backing { get; } = new DeviceBacking(device);

    public IChannelPort OpenPort()
    {
        lock (_lock)
        {
            IChannelPort port = _ports.Count == 0
                ? new DevicePort(this, device)
                : new RingPort(this, device, _ports.Count - 1);
            _ports.Add(port);
            return port;
        }
    }

    public void Close() => _wake.Set();

    public void Dispose()
    {
        lock (_lock)
        {
            if (device.Descriptor.IsClosed)
                return;
            Close();
            device.Dispose();
            _wake.Dispose();
        }
    }

    /// <summary>The one reader of the device itself.</summary>
    private sealed class DevicePort(RingChannel channel, FuseDevice device) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            while (true)
            {
                SysResult polled = Poller.WaitReadable(
                    device.Descriptor, channel._wake.Descriptor, -1, out _, out short woken);
                if (woken != 0)
                    return SysResult.Success(0);
                if (polled is { Failed: true, Errno: not Errno.EINTR })
                    return polled;
                if (polled.Value == 0)
                    continue;
                SysResult read = device.Read(buffer);
                switch (read.Errno)
                {
                    case Errno.EINTR or Errno.EAGAIN or Errno.ENOENT:
                        continue;
                    case Errno.ENODEV or Errno.ECONNABORTED:
                        return SysResult.Success(0);
                    default:
                        return read;
                }
            }
        }

        public Errno Send(ReadOnlySpan<byte> message) => device.Write(message).Errno;

        public void Dispose() { }
    }

    /// <summary>The queue of one processor. Its ring belongs to the thread that receives.</summary>
    private sealed class RingPort(RingChannel channel, FuseDevice device, int processor)
        : IChannelPort
    {
        private FuseRing? _ring;

        public SysResult Receive(Span<byte> buffer)
        {
            if (_ring is null)
            {
                // A processor that this process may not use has requests all the same: then its
                // thread runs elsewhere.
                Processors.PinThread(processor);
                _ring = new FuseRing(device, processor, buffer.Length, channel._wake);
            }

            return _ring.Fetch(buffer);
        }

        /// <summary>From the receiving thread only, one reply for each request.</summary>
        public Errno Send(ReadOnlySpan<byte> message) =>
            _ring?.Commit(message) ?? Errno.ENOTCONN;

        public void Dispose() => _ring?.Dispose();
    }
}
