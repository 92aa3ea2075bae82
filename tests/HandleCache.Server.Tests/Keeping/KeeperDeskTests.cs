using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;
using Xunit;

namespace HandleCache.Server.Tests.Keeping;

/// <summary>
/// The keeper listens to its server alone, and to nothing that its server could not mean.
/// </summary>
public sealed class KeeperDeskTests : IDisposable
{
    private readonly KeeperState _state = new();
    private readonly FuseDevice _device;
    private readonly PacketSocket _server;
    private readonly PacketSocket _keeper;
    private readonly KeeperDesk _desk;

    public KeeperDeskTests()
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "no /dev/fuse");
        _device = FuseDevice.Open(FuseDriver.BuiltIn);
        (_server, _keeper) = PacketSocket.CreatePair();
        _keeper.NameSenders();
        _desk = new KeeperDesk(_state, _device, Dialect.V2);
    }

    public void Dispose()
    {
        _server.Dispose();
        _keeper.Dispose();
        _device.Dispose();
        _state.Dispose();
    }

    [Fact]
    public void Only_the_server_s_own_process_is_answered()
    {
        Ask(new KeeperMessage { Verb = KeeperVerb.Handle, Id = 2 });
        Assert.True(_desk.Serve(_keeper, Environment.ProcessId + 1, static () => true));
        Assert.Null(Answer());

        Ask(new KeeperMessage { Verb = KeeperVerb.Handle, Id = 2 });
        Assert.True(_desk.Serve(_keeper, Environment.ProcessId, static () => true));
        Assert.Equal(KeeperVerb.Nothing, Answer()?.Verb);
    }

    /// <summary>A head alone, less than one, or one that says another length.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(40)]
    [InlineData(80)]
    public void An_answer_to_INIT_that_is_none_is_refused(int bytes)
    {
        Ask(new KeeperMessage { Verb = KeeperVerb.Init, TailBytes = (uint)bytes },
            new byte[bytes]);
        Assert.True(_desk.Serve(_keeper, Environment.ProcessId, static () => true));
        Assert.Equal(KeeperVerb.Nothing, Answer()?.Verb);
        Assert.False(_desk.Ready.IsCompleted);
    }

    [Fact]
    public void A_message_of_another_length_than_it_says_ends_the_conversation()
    {
        Ask(new KeeperMessage { Verb = KeeperVerb.NodeId, TailBytes = 12 }, new byte[8]);
        Assert.False(_desk.Serve(_keeper, Environment.ProcessId, static () => true));
    }

    private void Ask(KeeperMessage question, byte[]? tail = null) =>
        _server.Send(
            MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in question)), tail);

    private KeeperMessage? Answer()
    {
        byte[] buffer = new byte[4096];
        Errno errno = _server.Receive(buffer, out ReceivedPacket packet, null, wait: false);
        return errno == Errno.None && packet.LengthBytes >= KeeperLink.HeadBytes
            ? MemoryMarshal.Read<KeeperMessage>(buffer)
            : null;
    }
}
