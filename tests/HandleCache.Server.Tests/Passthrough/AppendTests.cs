using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>Writes through a file open with O_APPEND.</summary>
public class AppendTests
{
    private const ulong Root = 1;

    /// <summary>FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_APPEND_FL (uapi/linux/fs.h).</summary>
    private const uint GetFlags = 0x8008_6601;
    private const uint SetFlags = 0x4008_6602;
    private const int AppendFlag = 0x20;

    private static readonly PassthroughOptions Kept = new() { KernelAppends = true };

    [Fact]
    public void A_write_of_the_caller_goes_to_the_end_of_the_file()
    {
        using ServedFolder served = new();
        served.Write("file", "0123456789");
        Assert.Equal(1u, WriteX(served, writeFlags: 0));
        Assert.Equal("0123456789X", File.ReadAllText($"{served.Path}/file"));
    }

    [Fact]
    public void A_page_written_back_from_a_mapping_goes_to_its_place()
    {
        using ServedFolder served = new();
        served.Write("file", "0123456789");
        Assert.Equal(1u, WriteX(served, FuseConstants.FUSE_WRITE_CACHE));
        Assert.Equal("012X456789", File.ReadAllText($"{served.Path}/file"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_file_that_may_only_grow_grows_however_it_is_served(bool writeback, bool kept)
    {
        using ServedFolder served = new(
            kept ? Kept : null, new SessionOptions { Workers = 1, WritebackCache = writeback });
        using Growing log = new(served, "one\n");
        Reply opened = served.Client.Open(log.Node, OpenFlags.WriteOnly | OpenFlags.Append);
        Assert.Equal(Errno.None, opened.Errno);

        // What waited in a cache could not be put in its place later.
        bool isDirect = (opened.Open.open_flags & (uint)FuseOpenFlags.FOPEN_DIRECT_IO) != 0;
        Assert.Equal(writeback, isDirect);
        served.Client.Write(log.Node, opened.Open.fh, 4, "two\n"u8.ToArray());
        Assert.Equal("one\ntwo\n", log.Text);
        Assert.Equal(Errno.EPERM, served.Client.Open(log.Node, OpenFlags.WriteOnly).Errno);
    }

    [Theory]
    [InlineData("one\n", "one\ntwo\n")]
    [InlineData("one\ntw", "one\ntwo\n")]
    [InlineData("one\ntwo\n", "one\ntwo\n")]
    [InlineData("one\nelse\n", "one\nelse\ntwo\n")]
    public void A_write_that_comes_again_appends_what_is_not_there_yet(string found, string left)
    {
        using ServedFolder served = new(Kept);
        using Growing log = new(served, found);
        ulong fh = served.Client.Open(log.Node, OpenFlags.WriteOnly | OpenFlags.Append).Open.fh;
        byte[] data = "two\n"u8.ToArray();
        Reply again = served.Client.CallAgain(FuseOpcode.FUSE_WRITE, log.Node,
            FuseClient.Bytes(
                new fuse_write_in { fh = fh, offset = 4, size = (uint)data.Length }),
            data);
        Assert.Equal(4u, again.Struct<fuse_write_out>(0).size);
        Assert.Equal(left, log.Text);
    }

    private static uint WriteX(ServedFolder served, uint writeFlags)
    {
        ulong nodeid = served.Client.LookupNode(Root, "file");
        ulong fh = served.Client
            .Open(nodeid, OpenFlags.ReadWrite | OpenFlags.Append).Open.fh;
        return served.Client.Write(nodeid, fh, 3, "X"u8.ToArray(), writeFlags)
            .Struct<fuse_write_out>(0).size;
    }

    /// <summary>A file with chattr +a, as long as this lives.</summary>
    private sealed class Growing : IDisposable
    {
        private readonly FileDescriptor _file;
        private readonly string _path;
        private readonly byte[] _flags = new byte[sizeof(long)];

        public Growing(ServedFolder served, string text)
        {
            _path = served.Write("log", text);
            _file = Files.Open(_path, OpenFlags.ReadOnly);
            bool hasFlags = !Files.Control(_file, GetFlags, _flags).Failed;
            byte[] growing = [.. _flags];
            growing[0] |= AppendFlag;
            if (!hasFlags || Files.Control(_file, SetFlags, growing).Failed)
            {
                _file.Dispose();
                Assert.Skip("the temp folder's file system has no append-only files");
            }

            Node = served.Client.LookupNode(Root, "log");
        }

        public ulong Node { get; }

        public string Text => File.ReadAllText(_path);

        public void Dispose()
        {
            Files.Control(_file, SetFlags, _flags);
            _file.Dispose();
        }
    }
}
