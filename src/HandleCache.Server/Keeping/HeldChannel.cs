using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Keeping;

/// <summary>
/// A device that another process holds too, so that the connection outlives this one; of what
/// went through it before, nothing is known but INIT, which the kernel sends once. All workers read
/// the one open file: what is read by a clone ends with the clone (fuse_dev_release(),
/// fs/fuse/dev.c), and is not there to be sent again.
/// </summary>
/// <param name="device">Owned from here on.</param>
/// <param name="init">The kernel's INIT.</param>
internal sealed class HeldChannel(FuseDevice device, byte[] init) : IChannel
{
    private bool _isFirst = true;
    private volatile bool _closed;

    public IChannelPort OpenPort()
    {
        bool isFirst = _isFirst;
        _isFirst = false;
        return new Port(this, isFirst ? init : null);
    }

    /// <summary>The process ends after this: its other workers with it.</summary>
    public void Close() => _closed = true;

    public void Dispose() => device.Dispose();

    /// <summary>
    /// INIT was answered in an earlier life: what that left unanswered is to come again, and every
    /// name is to be looked up anew, by the handle of its parent.
    /// </summary>
    private void TakeOver()
    {
        device.Write(MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_INC_EPOCH));
        device.Write(MessageBuilder.Notification(FuseNotifyCode.FUSE_NOTIFY_RESEND));
    }

    private sealed class Port(HeldChannel channel, byte[]? init) : IChannelPort
    {
        private byte[]? _init = init;
        private bool _answersInit;

        public SysResult Receive(Span<byte> buffer)
        {
            if (_init is { } first)
            {
                (_init, _answersInit) = (null, true);
                first.CopyTo(buffer);
                return SysResult.Success(first.Length);
            }

            while (!channel._closed)
            {
                SysResult result = channel.Device.Read(buffer);
                switch (result.Errno)
                {
                    case Errno.EINTR or Errno.EAGAIN or Errno.ENOENT:
                        // ENOENT: the request was taken back while it was being read.
                        continue;
                    case Errno.ENODEV or Errno.ECONNABORTED:
                        return SysResult.Success(0);
                    default:
                        return result;
                }
            }

            return SysResult.Success(0);
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            Errno errno = channel.Device.Write(message).Errno;
            if (!_answersInit)
                return errno;
            _answersInit = false;
            if (errno != Errno.ENOENT)
                return errno;
            channel.TakeOver();
            return Errno.None;
        }

        public void Dispose() { }
    }

    private FuseDevice Device => device;
}
