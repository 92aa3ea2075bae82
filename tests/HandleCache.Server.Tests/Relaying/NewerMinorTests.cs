using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Relaying;
using HandleCache.Server.Tap;
using Xunit;

namespace HandleCache.Server.Tests.Relaying;

/// <summary>
/// What 7.46 and 7.47 have that 7.45 has not (include/uapi/linux/fuse.h of the maintainer's tree)
/// passes relay and tap byte for byte: notifications 10 and 11, and fuse_open_out of 24 bytes.
/// </summary>
public class NewerMinorTests
{
    /// <summary>Only a hang exceeds it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>CREATE of "f" in the root: head, fuse_create_in, name.</summary>
    private static readonly byte[] Create = MessageBuilder.Request(
        FuseOpcode.FUSE_CREATE, 4, 1, [.. new byte[16], (byte)'f', 0]);

    [Fact]
    public void Notifications_10_and_11_and_an_open_file_of_24_bytes_pass_unchanged()
    {
        // fuse_out_header: len, error (the code), unique 0; then bodies of some length.
        byte[] backingClose = Convert.FromHexString(
            "18000000" + "0a000000" + "0000000000000000" + "2a00000001000000");
        byte[] map = Convert.FromHexString(
            "20000000" + "0b000000" + "0000000000000000" + "02000000000000000000000000100000");

        // nodeid 2, a regular file; fh 7, open_flags, backing_id, backing_id_64.
        byte[] entry = new byte[128];
        entry[0] = 2;
        BitConverter.TryWriteBytes(entry.AsSpan(40 + 60), FileModes.Regular644);
        byte[] created = MessageBuilder.Reply(4, [.. entry, .. Convert.FromHexString(
            "0700000000000000" + "00000000" + "00000000" + "8877665544332211")]);
        Assert.Equal(16 + 128 + 24, created.Length);

        (PacketSocket mine, PacketSocket theirs) = PacketSocket.CreatePair();
        using FuseInodeCache cache = new(new FuseInodeCacheOptions());
        using KernelMirror mirror = new(cache, new CheckLedger());
        using Kernel kernel = new();
        using TapChannel tap = new(kernel, mirror);
        using (mine)
        using (theirs)
        using (Relay relay = new(tap, mine))
        {
            byte[] asked = new byte[4096];
            Assert.Equal(Errno.None, theirs.Receive(asked, out ReceivedPacket packet, null));
            Assert.Equal(Create, asked[..packet.LengthBytes]);
            foreach (byte[] message in new[] { backingClose, map, created })
                theirs.Send(message);
            Assert.True(
                kernel.HasAll.Wait(Patience, TestContext.Current.CancellationToken),
                "three messages are to come");
            Assert.Null(relay.Failure);
            Assert.Equal(0, relay.Refused);
        }

        Assert.Equal(3, kernel.Written.Count);
        Assert.Contains(kernel.Written, message => message.SequenceEqual(backingClose));
        Assert.Contains(kernel.Written, message => message.SequenceEqual(map));
        Assert.Contains(kernel.Written, message => message.SequenceEqual(created));
        Assert.Equal(1, mirror.Statistics.Entries);
        Assert.Equal(1ul, mirror.Inspect(held => held.Held(2)));
    }

    /// <summary>Asks once, and keeps what is written.</summary>
    private sealed class Kernel : IChannel
    {
        private readonly ManualResetEventSlim _closed = new();
        private readonly Lock _lock = new();
        private bool _hasAsked;

        public ManualResetEventSlim HasAll { get; } = new();

        public List<byte[]> Written { get; } = [];

        public IChannelPort OpenPort() => new Port(this);

        public void Close() => _closed.Set();

        public void Dispose()
        {
            HasAll.Dispose();
            _closed.Dispose();
        }

        private sealed class Port(Kernel kernel) : IChannelPort
        {
            public SysResult Receive(Span<byte> buffer)
            {
                if (!kernel._hasAsked)
                {
                    kernel._hasAsked = true;
                    Create.CopyTo(buffer);
                    return SysResult.Success(Create.Length);
                }

                kernel._closed.Wait();
                return SysResult.Success(0);
            }

            public Errno Send(ReadOnlySpan<byte> message)
            {
                lock (kernel._lock)
                {
                    kernel.Written.Add(message.ToArray());
                    if (kernel.Written.Count == 3)
                        kernel.HasAll.Set();
                }

                return Errno.None;
            }

            public void Dispose()
            {
            }
        }
    }
}
