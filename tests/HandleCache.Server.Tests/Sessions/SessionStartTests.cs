using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>What may go wrong between INIT and the first request.</summary>
public sealed class SessionStartTests
{
    [Fact]
    public void A_port_that_cannot_be_opened_ends_the_workers_that_run_already()
    {
        using FewPorts channel = new(ports: 2);
        using FuseSession session = new(
            channel, new SyntheticFileSystem(new SyntheticOptions()),
            new SessionOptions { Workers = 3 });
        Exception? failure = null;
        Thread server = new(() => failure = Record.Exception(session.Run))
        {
            IsBackground = true,
        };
        server.Start();
        channel.Inner.Client.Send(InMemoryKernel.Message(
            (uint)FuseOpcode.FUSE_INIT, 2, 0,
            InMemoryKernel.Of(new fuse_init_in { major = 7, minor = 45 })));
        Assert.True(server.Join(InMemoryKernel.Patience), "the session hangs");
        Assert.Contains("no more ports", failure?.Message, StringComparison.Ordinal);
    }

    /// <summary>As a process that has no descriptors left.</summary>
    private sealed class FewPorts(int ports) : IChannel
    {
        private int _left = ports;

        public MemoryChannel Inner { get; } = new();

        public IChannelPort OpenPort() => _left-- > 0
            ? Inner.OpenPort()
            : throw new LinuxException(Errno.EMFILE, "no more ports");

        public void Close() => Inner.Close();

        public void Dispose() => Inner.Dispose();
    }
}
