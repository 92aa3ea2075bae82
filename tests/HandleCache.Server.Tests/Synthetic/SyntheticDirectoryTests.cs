using System.Text;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Synthetic;

/// <summary>READDIR and READDIRPLUS of the synthetic file system.</summary>
public sealed class SyntheticDirectoryTests
{
    private const int Files = 200;

    private static readonly SyntheticOptions OneDirectory = new()
    {
        Directories = 1,
        FilesPerDirectory = Files,
    };

    [Theory]
    [InlineData(false, 56u)]
    [InlineData(false, 4096u)]
    [InlineData(true, 320u)]
    [InlineData(true, 4096u)]
    [InlineData(true, 100_000u)]
    public void A_listing_in_pieces_of_any_size_gives_each_name_once(bool plus, uint size)
    {
        SyntheticFileSystem fs = new(OneDirectory);
        using InMemoryKernel kernel = Mounted(fs);
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;

        List<string> names = List(kernel, directory, plus, size);
        Assert.Equal([".", "..", .. Enumerable.Range(0, Files).Select(i => $"f{i:D6}")], names);
        Assert.Equal(2 + (plus ? Files : 0), fs.LiveNodeIds);
    }

    [Fact]
    public void An_entry_that_does_not_fit_is_not_counted()
    {
        SyntheticFileSystem fs = new(OneDirectory);
        using InMemoryKernel kernel = Mounted(fs);
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;

        // A record of the thread dialect: 128 + 136 entry, 24 dirent, 7 name, padded to 8: 296;
        // "." and "..": 128 + 136 + 24 + 1 or 2, padded: 296. So three records need 888.
        Assert.Equal(2 * 296, ReadPlus(kernel, directory, 0, 887).Body.Length);
        Assert.Equal(2, fs.LiveNodeIds);
        Assert.Equal(3 * 296, ReadPlus(kernel, directory, 0, 888).Body.Length);
        Assert.Equal(3, fs.LiveNodeIds);
    }

    [Fact]
    public void Room_for_not_even_one_record_is_EINVAL_and_the_end_is_an_empty_reply()
    {
        SyntheticFileSystem fs = new(OneDirectory);
        using InMemoryKernel kernel = Mounted(fs);

        Assert.Equal(Errno.EINVAL, ReadPlus(kernel, 1, 0, 295).Errno);
        Answer end = ReadPlus(kernel, 1, 3, 295);
        Assert.Equal(Errno.None, end.Errno);
        Assert.Empty(end.Body);
    }

    [Fact]
    public void Every_listed_entry_carries_the_predicted_handle()
    {
        SyntheticFileSystem fs = new(OneDirectory);
        using InMemoryKernel kernel = Mounted(fs);
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;

        DirentReader reader = new(
            ReadPlus(kernel, directory, 0, 100_000).Body, Dialect.Thread);
        byte[] expected = new byte[128];
        int compared = 0;
        while (reader.MoveNext())
        {
            if (reader.Entry.Entry.nodeid == 0)
                continue;
            Assert.True(fs.Tree.TryIdOfNodeId(reader.Entry.Entry.nodeid, out ulong id));
            (uint type, int length) = SyntheticHandle.Fill(1, id, expected);
            Assert.True(
                reader.Entry.Handle == FileHandle.FromWire(type, expected.AsSpan(0, length)));
            Assert.Equal(SyntheticTree.InoOf(id), reader.Dirent.ino);
            compared++;
        }

        Assert.Equal(Files, compared);
    }

    private static InMemoryKernel Mounted(SyntheticFileSystem fs) => InMemoryKernel.Mounted(
        fs, new SessionOptions { Workers = 1, Dialect = Dialect.Thread });

    private static List<string> List(
        InMemoryKernel kernel, ulong directory, bool plus, uint size)
    {
        List<string> names = [];
        ulong offset = 0;
        while (true)
        {
            FuseOpcode opcode = plus ? FuseOpcode.FUSE_READDIRPLUS : FuseOpcode.FUSE_READDIR;
            Answer answer = kernel.Ask(opcode, directory, InMemoryKernel.Of(
                new fuse_read_in { offset = offset, size = size }));
            Assert.Equal(Errno.None, answer.Errno);
            Assert.InRange(answer.Body.Length, 0, (int)size);
            if (answer.Body.Length == 0)
                return names;
            DirentReader reader = new(answer.Body, plus ? Dialect.Thread : null);
            while (reader.MoveNext())
            {
                names.Add(Encoding.ASCII.GetString(reader.Name));
                offset = reader.Dirent.off;
            }
        }
    }

    private static Answer ReadPlus(
        InMemoryKernel kernel, ulong directory, ulong offset, uint size) =>
        kernel.Ask(FuseOpcode.FUSE_READDIRPLUS, directory, InMemoryKernel.Of(
            new fuse_read_in { offset = offset, size = size }));
}
