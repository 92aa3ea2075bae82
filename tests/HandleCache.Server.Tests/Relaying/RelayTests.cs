using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Relaying;
using Xunit;

namespace HandleCache.Server.Tests.Relaying;

public class RelayTests
{
    /// <summary>Only a hang exceeds it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_notification_that_waits_for_a_caller_does_not_hold_back_his_reply()
    {
        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        using LockedDirectory kernel = new();
        using (mine)
        using (theirs)
        using (Relay relay = new(kernel, mine))
        {
            theirs.Send(MessageBuilder.Notification(
                FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
                new fuse_notify_inval_inode_out { ino = 1 }));
            byte[] reply = new byte[FuseReply.HeaderBytes];
            MessageBuilder.WriteReplyHead(reply, unique: 2, Errno.None, bodyBytes: 0);
            theirs.Send(reply);
            bool cameThrough = kernel.Replied.Wait(Patience, TestContext.Current.CancellationToken);
            kernel.Replied.Set();
            Assert.True(cameThrough, "the reply waits behind the notification");
        }

        Assert.Equal(1, kernel.Notified);
    }

    /// <summary>
    /// A kernel whose caller holds a directory until he has his reply: a notification about the
    /// directory waits for that, in the write itself.
    /// </summary>
    private sealed class LockedDirectory : IChannel
    {
        private readonly ManualResetEventSlim _closed = new();

        public ManualResetEventSlim Replied { get; } = new();

        public int Notified { get; private set; }

        public IChannelPort OpenPort() => new Port(this);

        public void Close() => _closed.Set();

        public void Dispose()
        {
            Replied.Dispose();
            _closed.Dispose();
        }

        private sealed class Port(LockedDirectory kernel) : IChannelPort
        {
            public SysResult Receive(Span<byte> buffer)
            {
                kernel._closed.Wait();
                return SysResult.Success(0);
            }

            public Errno Send(ReadOnlySpan<byte> message)
            {
                if (FuseReply.TryParse(message, out FuseReply reply, out _)
                    && reply.IsNotification)
                {
                    kernel.Replied.Wait();
                    kernel.Notified++;
                }
                else
                {
                    kernel.Replied.Set();
                }

                return Errno.None;
            }

            public void Dispose()
            {
            }
        }
    }
}
