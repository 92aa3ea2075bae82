using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Sessions;

/// <summary>
/// A reply that the kernel does not take is undone in every dialect, whatever form the entry in it
/// has on the wire.
/// </summary>
public sealed class UndeliveredInDialectTests : IDisposable
{
    private const ulong Root = FuseConstants.FUSE_ROOT_ID;

    private readonly string _path = Directory.CreateTempSubdirectory("handlecache-").FullName;
    private readonly byte[] _room = new byte[4096];

    public static TheoryData<string> Dialects() => [.. DialectList.All.Select(d => d.Name)];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_abandoned_lookup_counts_nothing(string name)
    {
        File.WriteAllText($"{_path}/file", "x");
        using PassthroughFileSystem fs = Serve();
        Dialect dialect = Parse(name);
        using InMemoryKernel kernel = Mounted(fs, dialect);
        Say(kernel, dialect, FuseOpcode.FUSE_LOOKUP, InMemoryKernel.Name("file"));
        Assert.Equal(Errno.None, kernel.Receive().Errno);
        Assert.Equal(2, fs.NodeCount);
        ulong nodeid = Enumerable.Range(2, 8).Select(i => (ulong)i)
            .First(i => fs.NLookup(i) > 0);

        Say(kernel, dialect, FuseOpcode.FUSE_LOOKUP, InMemoryKernel.Name("file"), abandon: true);
        Wait(kernel, dialect);
        Assert.Equal(1ul, fs.NLookup(nodeid));
    }

    [Theory]
    [MemberData(nameof(Dialects))]
    public void An_abandoned_creation_counts_nothing_and_leaves_no_open_file(string name)
    {
        using PassthroughFileSystem fs = Serve();
        Dialect dialect = Parse(name);
        using InMemoryKernel kernel = Mounted(fs, dialect);
        Say(kernel, dialect, FuseOpcode.FUSE_CREATE, Create("new"), abandon: true);
        Wait(kernel, dialect);
        Assert.True(File.Exists($"{_path}/new"), "the creation itself is done");
        Assert.Equal(0, fs.OpenFileCount);
        for (ulong nodeid = 2; nodeid < 10; nodeid++)
            Assert.Equal(0ul, fs.NLookup(nodeid));
    }

    [Fact]
    public void A_creation_that_is_asked_for_alone_leaves_no_open_file()
    {
        using PassthroughFileSystem fs = Serve();
        using InMemoryKernel kernel = Mounted(fs, Dialect.V3);
        Dialect apart = Dialect.V3.Apart(FuseOpcode.FUSE_CREATE);
        Say(kernel, apart, FuseOpcode.FUSE_CREATE, Create("new"));
        Assert.Equal(Errno.None, kernel.Receive().Errno);
        Wait(kernel, Dialect.V3);
        Assert.Equal(2, fs.NodeCount);
        Assert.Equal(0, fs.OpenFileCount);
    }

    [Fact]
    public void Notify_reply_gets_no_reply()
    {
        using PassthroughFileSystem fs = Serve();
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);
        kernel.Send(FuseOpcode.FUSE_NOTIFY_REPLY, Root, new byte[40]);

        // The next reply is that of the next request, not one to NOTIFY_REPLY.
        kernel.Ask(FuseOpcode.FUSE_GETATTR, Root, new byte[16]);
    }

    private PassthroughFileSystem Serve()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        try
        {
            return new PassthroughFileSystem(_path, new PassthroughOptions());
        }
        catch (HandlesNotSupportedException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static InMemoryKernel Mounted(FileSystem fileSystem, Dialect dialect) =>
        InMemoryKernel.Mounted(
            fileSystem, new SessionOptions { Workers = 1, Dialect = dialect });

    private static Dialect Parse(string name)
    {
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out string? error), error);
        return dialect;
    }

    private static byte[] Create(string name) =>
    [
        .. InMemoryKernel.Of(
            new fuse_create_in { flags = OpenFlags.ReadWrite, mode = FileModes.Regular644 }),
        .. InMemoryKernel.Name(name),
    ];

    /// <summary>Once this is answered, the one worker has done all before it.</summary>
    private void Wait(InMemoryKernel kernel, Dialect dialect)
    {
        Say(kernel, dialect, FuseOpcode.FUSE_STATFS, []);
        kernel.Receive();
    }

    private void Say(
        InMemoryKernel kernel, Dialect dialect, FuseOpcode opcode, byte[] body,
        bool abandon = false)
    {
        byte[] classic = MessageBuilder.Request(opcode, kernel.TakeUnique(), Root, body);
        Assert.True(FuseRequest.TryParse(classic, out FuseRequest request, out _));
        Assert.True(dialect.TryWriteRequest(_room, request, 0, [], out int bytes));
        if (abandon)
            kernel.Client.Abandon(request.Header.unique);
        Assert.True(kernel.Client.Send(_room.AsSpan(0, bytes)));
    }
}
