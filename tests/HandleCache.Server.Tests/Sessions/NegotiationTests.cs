using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>INIT (ABI.md): version, the two flag words, the handle offer.</summary>
public sealed class NegotiationTests
{
    private const ulong InitExt = 1UL << 30;
    private const ulong HasExpireOnly = 1UL << 35;

    private static SyntheticFileSystem FileSystem => new(new SyntheticOptions());

    [Theory]
    [InlineData(7u, 22u)]
    [InlineData(6u, 45u)]
    [InlineData(0u, 0u)]
    public void A_protocol_too_old_is_refused_with_EPROTO_and_ends_the_session(
        uint major, uint minor)
    {
        using InMemoryKernel kernel = new(FileSystem);

        Assert.Equal(Errno.EPROTO, kernel.Init(major, minor, 0).Errno);
        kernel.Stop();
        Assert.Contains("older than 7.23", kernel.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_oldest_protocol_that_is_served_is_7_23()
    {
        using InMemoryKernel kernel = new(FileSystem);

        Answer answer = kernel.Init(7, 23, 0);
        Assert.Equal(Errno.None, answer.Errno);
        Assert.Equal(7u, answer.Read<fuse_init_out>().major);
        Assert.Equal(Errno.None, kernel.Ask(FuseOpcode.FUSE_GETATTR, 1, new byte[16]).Errno);
    }

    [Fact]
    public void The_high_flag_word_counts_only_with_FUSE_INIT_EXT()
    {
        using InMemoryKernel without = new(FileSystem);
        using InMemoryKernel with = new(FileSystem);

        Assert.Equal(0u, without.Init(7, 45, HasExpireOnly).Read<fuse_init_out>().flags2);
        Assert.Equal(
            (uint)(HasExpireOnly >> 32),
            with.Init(7, 45, HasExpireOnly | InitExt).Read<fuse_init_out>().flags2);
    }

    [Fact]
    public void Nothing_is_accepted_that_was_not_offered()
    {
        using InMemoryKernel kernel = new(FileSystem);

        fuse_init_out answer = kernel.Init(7, 45, 0).Read<fuse_init_out>();
        Assert.Equal(0u, answer.flags);
        Assert.Equal(0u, answer.flags2);
    }

    [Fact]
    public void Handles_travel_only_when_the_kernel_offers_them_and_the_server_opts_in()
    {
        const int EntryBytes = 128;
        const int HandleBytes = 136; // u32 size, u32 type, 128 bytes.
        SessionOptions thread = new() { Dialect = Dialect.Thread };
        Assert.Equal(EntryBytes, EntryLength(new SessionOptions(), Dialect.Thread));
        Assert.Equal(EntryBytes, EntryLength(thread, Dialect.Classic));
        Assert.Equal(EntryBytes + HandleBytes, EntryLength(thread, Dialect.Thread));
    }

    [Fact]
    public void Anything_but_INIT_first_ends_the_session()
    {
        using InMemoryKernel kernel = new(FileSystem);
        kernel.Send(FuseOpcode.FUSE_GETATTR, 1, new byte[16]);

        kernel.Client.TryReceive(new byte[100], TimeSpan.FromMilliseconds(200), out int length);
        kernel.Stop();
        Assert.Equal(0, length);
        Assert.Contains("expected INIT", kernel.Failure?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Closing_the_channel_ends_a_session_with_any_number_of_workers()
    {
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            FileSystem, new SessionOptions { Workers = 5 });

        kernel.Stop();
        Assert.Null(kernel.Failure);
    }

    private static int EntryLength(SessionOptions options, Dialect offered)
    {
        using InMemoryKernel kernel = new(FileSystem, options);
        kernel.Init(7, 45, 0, offered);
        return kernel.Lookup(1, "d0000").Body.Length;
    }
}
