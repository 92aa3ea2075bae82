using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Channels;

/// <summary>
/// The real kernel: /dev/fuse. The device must be mounted before the first receive. Disposing it
/// closes every descriptor, which ends the connection for the callers too (ECONNABORTED).
/// </summary>
public sealed class DeviceChannel(FuseDevice device) : IChannel
{
    private readonly Lock _lock = new();
    private readonly List<Port> _ports = [];
    private readonly WakeEvent _wake = new();
    private volatile bool _closed;

    /// <summary>Something was sent: INIT has its answer.</summary>
    private volatile bool _isAnswered;

    public IBackingFiles Backing { get; } = new DeviceBacking(device);

    public IChannelPort OpenPort()
    {
        lock (_lock)
        {
            bool isFirst = _ports.Count == 0;
            Port port = isFirst ? new(this, device, null) : NewClone();
            _ports.Add(port);
            return port;
        }
    }

    private Port NewClone()
    {
        FuseDevice clone = device.Clone();
        return new Port(this, clone, clone);
    }

    /// <summary>
    /// Wakes the readers, who all sit in read(2), by asking the kernel to retrieve zero bytes of
    /// the root inode's page cache: each such FUSE_NOTIFY_RETRIEVE queues one NOTIFY_REPLY, and
    /// each of those wakes one reader. Before INIT is answered such a notification would itself
    /// wait for that (fuse_block_alloc(), fs/fuse/dev.c); the only reader then waits in poll(2).
    /// </summary>
    public void Close()
    {
        lock (_lock)
        {
            if (device.Descriptor.IsClosed)
                return;
            _closed = true;
            _wake.Set();

            // Against a reader that has just answered INIT: it sees closed, or this sees that.
            Interlocked.MemoryBarrier();
            if (!_isAnswered)
                return;
            for (int i = 0; i < _ports.Count; i++)
                WakeOne();
        }
    }

    public void Dispose()
    {
        Close();
        lock (_lock)
        {
            foreach (Port port in _ports)
                port.Dispose();
            device.Dispose();
            _wake.Dispose();
        }
    }

    private void WakeOne() => device.Write(MessageBuilder.Notification(
        FuseNotifyCode.FUSE_NOTIFY_RETRIEVE,
        new fuse_notify_retrieve_out { nodeid = FuseConstants.FUSE_ROOT_ID }));

    /// <summary>The first port uses the channel's own device and leaves closing to it.</summary>
    private sealed class Port(DeviceChannel channel, FuseDevice portDevice, FuseDevice? owned)
        : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            while (!channel._closed)
            {
                if (!channel._isAnswered)
                {
                    SysResult ready = Poller.WaitReadable(
                        portDevice.Descriptor, channel._wake.Descriptor, -1, out _, out _);
                    if (channel._closed || ready is { Failed: true, Errno: Errno.EINTR })
                        continue;
                }

                SysResult result = portDevice.Read(buffer);

                // A request that was taken is served, closed or not: nobody else has it.
                if (!result.Failed)
                    return channel._closed && IsWakeUp(buffer) ? SysResult.Success(0) : result;
                switch (result.Errno)
                {
                    case Errno.EINTR:
                    case Errno.EAGAIN:
                    case Errno.ENOENT:
                        // ENOENT: the request was taken back while it was being read.
                        continue;
                    case Errno.ENODEV:
                    case Errno.ECONNABORTED:
                        return SysResult.Success(0);
                    default:
                        return result;
                }
            }

            return SysResult.Success(0);
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            Errno errno = portDevice.Write(message).Errno;
            if (!channel._isAnswered)
            {
                channel._isAnswered = true;
                Interlocked.MemoryBarrier();
            }

            return errno;
        }

        private static bool IsWakeUp(ReadOnlySpan<byte> message) =>
            MemoryMarshal.TryRead(message, out fuse_in_header header)
            && header.opcode == (uint)FuseOpcode.FUSE_NOTIFY_REPLY;

        public void Dispose() => owned?.Dispose();
    }
}
