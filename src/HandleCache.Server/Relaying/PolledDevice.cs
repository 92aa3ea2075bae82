using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Relaying;

/// <summary>
/// /dev/fuse for one reader that must be woken whatever the mount is in: the device is opened
/// non-blocking, and the reader waits for it and for a wake-up at once. (DeviceChannel wakes its
/// readers by a FUSE_NOTIFY_RETRIEVE of the root, which kernels refuse for directories: 6.18 gives
/// EINVAL.)
/// </summary>
public sealed class PolledDevice(FuseDriver driver) : IChannel
{
    private readonly FuseDevice _device = FuseDevice.Open(driver, nonBlocking: true);
    private readonly WakeEvent _wake = new();

    /// <summary>To be mounted before the first receive.</summary>
    public FuseDevice Device => _device;

    public IChannelPort OpenPort() => new Port(this);

    public void Close() => _wake.Set();

    public void Dispose()
    {
        _device.Dispose();
        _wake.Dispose();
    }

    private sealed class Port(PolledDevice channel) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            while (true)
            {
                SysResult result = channel._device.Read(buffer);
                if (!result.Failed)
                    return result;
                switch (result.Errno)
                {
                    case Errno.EAGAIN:
                        Poller.WaitReadable(
                            channel._device.Descriptor, channel._wake.Descriptor, timeoutMs: -1,
                            out _, out short woken);
                        if (woken != 0)
                            return SysResult.Success(0);
                        break;
                    case Errno.EINTR:
                    case Errno.ENOENT:
                        // ENOENT: the request was taken back while it was being read.
                        break;
                    case Errno.ENODEV:
                    case Errno.ECONNABORTED:
                        return SysResult.Success(0);
                    default:
                        return result;
                }
            }
        }

        public Errno Send(ReadOnlySpan<byte> message) => channel._device.Write(message).Errno;

        public void Dispose()
        {
        }
    }
}
