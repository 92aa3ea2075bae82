using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Channels;

/// <summary>
/// The real kernel: /dev/fuse. The device must be mounted before the first receive. Disposing it
/// closes every descriptor, which ends the connection for the callers too (ECONNABORTED).
/// </summary>
public sealed class DeviceChannel(FuseDevice device) : IChannel
{
    private readonly Lock _lock = new();
    private readonly List<Port> _ports = [];
    private volatile bool _closed;

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
    /// each of those wakes one reader.
    /// </summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            if (device.Descriptor.IsClosed)
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
        }
    }

    private void WakeOne()
    {
        Span<byte> message = stackalloc byte[
            Unsafe.SizeOf<fuse_out_header>() + Unsafe.SizeOf<fuse_notify_retrieve_out>()];
        MemoryMarshal.Write(message, new fuse_out_header
        {
            len = (uint)message.Length,
            error = (int)FuseNotifyCode.FUSE_NOTIFY_RETRIEVE,
        });
        MemoryMarshal.Write(
            message[Unsafe.SizeOf<fuse_out_header>()..],
            new fuse_notify_retrieve_out { nodeid = FuseConstants.FUSE_ROOT_ID });
        device.Write(message);
    }

    /// <summary>The first port uses the channel's own device and leaves closing to it.</summary>
    private sealed class Port(DeviceChannel channel, FuseDevice portDevice, FuseDevice? owned)
        : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            while (!channel._closed)
            {
                SysResult result = portDevice.Read(buffer);
                if (!result.Failed)
                    return channel._closed ? SysResult.Success(0) : result;
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

        public Errno Send(ReadOnlySpan<byte> message) => portDevice.Write(message).Errno;

        public void Dispose() => owned?.Dispose();
    }
}
