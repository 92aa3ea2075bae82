using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Synthetic;

/// <summary>The synthetic file system, driven by request bytes.</summary>
public sealed class SyntheticFileSystemTests
{
    private static readonly SyntheticOptions Small = new()
    {
        Seed = 42,
        Directories = 3,
        FilesPerDirectory = 5,
        Generation = 7,
        NodeIdBase = 100,
    };

    [Fact]
    public void A_lookup_gives_nodeid_generation_attributes_and_the_predicted_handle()
    {
        SyntheticFileSystem fs = new(Small);
        using InMemoryKernel kernel = Mounted(fs, Dialect.Thread);
        ulong directory = kernel.Lookup(1, "d0002").Read<fuse_entry_out>().nodeid;
        Answer answer = kernel.Lookup(directory, "f000004");

        ulong id = 3 + (2 * 5) + 5; // the last file
        fuse_entry_out entry = answer.Read<fuse_entry_out>();
        Assert.Equal(100 + id, entry.nodeid);
        Assert.Equal(7UL, entry.generation);
        Assert.Equal(SyntheticTree.InoOf(id), entry.attr.ino);
        Assert.Equal((ulong)SyntheticContent.SizeBytes(42, id), entry.attr.size);
        Assert.Equal(3600UL, entry.entry_valid);
        Assert.Equal(3600UL, entry.attr_valid);
        Assert.False(Dialect.Thread.ReadEntry(answer.Body, 0, out WireEntry wire).IsError);
        byte[] expected = new byte[128];
        (uint type, int length) = SyntheticHandle.Fill(42, id, expected);
        Assert.Equal(type, wire.Handle.Type);
        Assert.Equal(expected[..length], wire.Handle.Bytes.ToArray());
        Assert.Equal(1UL, fs.NLookupOf(entry.nodeid));
    }

    [Fact]
    public void Validity_is_split_into_seconds_and_nanoseconds()
    {
        SyntheticFileSystem fs = new(Small with
        {
            EntryValid = TimeSpan.FromMilliseconds(1500),
            AttrValid = TimeSpan.Zero,
        });
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);

        fuse_entry_out entry = kernel.Lookup(1, "d0000").Read<fuse_entry_out>();
        Assert.Equal((1UL, 500_000_000u), (entry.entry_valid, entry.entry_valid_nsec));
        Assert.Equal((0UL, 0u), (entry.attr_valid, entry.attr_valid_nsec));
    }

    [Fact]
    public void A_missing_name_is_ENOENT_and_a_name_below_a_file_ENOTDIR()
    {
        SyntheticFileSystem fs = new(Small);
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;
        ulong file = kernel.Lookup(directory, "f000000").Read<fuse_entry_out>().nodeid;

        Assert.Equal(Errno.ENOENT, kernel.Lookup(1, "d0003").Errno);
        Assert.Equal(Errno.ENOTDIR, kernel.Lookup(file, "f000000").Errno);
    }

    [Fact]
    public void Without_a_table_a_forgotten_nodeid_is_ESTALE_until_its_name_is_looked_up()
    {
        SyntheticFileSystem fs = new(Small with { Export = SyntheticExport.None });
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);
        ulong nodeid = kernel.Lookup(1, "d0001").Read<fuse_entry_out>().nodeid;
        kernel.Forget(nodeid, 1);

        Assert.Equal(Errno.ESTALE, kernel.Lookup(nodeid, ".").Errno);
        Assert.Equal(Errno.ESTALE, GetAttr(kernel, nodeid).Errno);
        kernel.Lookup(1, "d0001");
        Assert.Equal(Errno.None, GetAttr(kernel, nodeid).Errno);
    }

    [Fact]
    public void With_a_table_a_forgotten_nodeid_resolves_by_dot_and_dot_dot()
    {
        SyntheticFileSystem fs = new(Small with { Export = SyntheticExport.Table });
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);
        ulong directory = kernel.Lookup(1, "d0001").Read<fuse_entry_out>().nodeid;
        ulong file = kernel.Lookup(directory, "f000003").Read<fuse_entry_out>().nodeid;
        kernel.Forget(file, 1);
        kernel.Forget(directory, 1);

        Assert.Equal(file, kernel.Lookup(file, ".").Read<fuse_entry_out>().nodeid);
        Assert.Equal(1UL, fs.NLookupOf(file));
        Assert.Equal(directory, kernel.Lookup(file, "..").Read<fuse_entry_out>().nodeid);
        fuse_entry_out root = kernel.Lookup(directory, "..").Read<fuse_entry_out>();
        Assert.Equal((1UL, 0UL), (root.nodeid, root.generation));
        Assert.Equal(2UL, fs.NLookupOf(1));
    }

    [Fact]
    public void A_nodeid_never_given_is_ESTALE_even_with_a_table()
    {
        SyntheticFileSystem fs = new(Small with { Export = SyntheticExport.Table });
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);

        Assert.Equal(Errno.ESTALE, kernel.Lookup(101, ".").Errno);
        Assert.Equal(Errno.ESTALE, kernel.Lookup(999_999, ".").Errno);
    }

    [Fact]
    public void A_file_reads_as_its_content_function_says()
    {
        SyntheticFileSystem fs = new(Small);
        using InMemoryKernel kernel = Mounted(fs, Dialect.Classic);
        ulong directory = kernel.Lookup(1, "d0000").Read<fuse_entry_out>().nodeid;
        ulong file = kernel.Lookup(directory, "f000001").Read<fuse_entry_out>().nodeid;
        byte[] expected = new byte[SyntheticContent.SizeBoundBytes];
        int size = SyntheticContent.Read(42, file - 100, 0, expected);
        Assert.Equal(SyntheticContent.SizeBytes(42, file - 100), size);

        Assert.Equal(Errno.EROFS, kernel.Ask(FuseOpcode.FUSE_OPEN, file, Flags(2)).Errno);
        Assert.Equal(Errno.EISDIR, kernel.Ask(FuseOpcode.FUSE_OPEN, directory, Flags(0)).Errno);
        Assert.Equal(Errno.ENOTDIR, kernel.Ask(FuseOpcode.FUSE_OPENDIR, file, Flags(0)).Errno);
        Assert.Equal(Errno.None, kernel.Ask(FuseOpcode.FUSE_OPEN, file, Flags(0)).Errno);
        Assert.Equal(1, fs.OpenFiles);
        Assert.Equal(expected[..size], Read(kernel, file, 0, 10_000).Body);
        Assert.Equal(expected[7..size], Read(kernel, file, 7, 10_000).Body);
        Assert.Empty(Read(kernel, file, (ulong)size, 100).Body);
        Assert.Empty(Read(kernel, file, ulong.MaxValue, 100).Body);
        kernel.Ask(FuseOpcode.FUSE_RELEASE, file, new byte[24]);
        Assert.Equal(0, fs.OpenFiles);
    }

    [Fact]
    public void What_would_change_something_is_EROFS()
    {
        using InMemoryKernel kernel = Mounted(new SyntheticFileSystem(Small), Dialect.Classic);
        byte[] name = InMemoryKernel.Name("n");

        Assert.Equal(Errno.EROFS, kernel.Ask(FuseOpcode.FUSE_MKDIR, 1, new byte[8], name).Errno);
        Assert.Equal(Errno.EROFS, kernel.Ask(FuseOpcode.FUSE_CREATE, 1, new byte[16], name).Errno);
        Assert.Equal(Errno.EROFS, kernel.Ask(FuseOpcode.FUSE_UNLINK, 1, name).Errno);
        Assert.Equal(Errno.EROFS, kernel.Ask(FuseOpcode.FUSE_SETATTR, 1, new byte[88]).Errno);
    }

    [Fact]
    public void Several_workers_count_exactly()
    {
        SyntheticFileSystem fs = new(Small);
        using InMemoryKernel kernel = InMemoryKernel.Mounted(
            fs, new SessionOptions { Workers = 4 });
        const int Rounds = 5000;
        for (int i = 0; i < Rounds; i++)
            kernel.Send(FuseOpcode.FUSE_LOOKUP, 1, InMemoryKernel.Name($"d000{i % 3}"));
        for (int i = 0; i < Rounds; i++)
            Assert.Equal(Errno.None, kernel.Receive().Errno);

        Assert.Equal(1667UL, fs.NLookupOf(101));
        Assert.Equal(1667UL, fs.NLookupOf(102));
        Assert.Equal(1666UL, fs.NLookupOf(103));
        Assert.Equal(1 + 3, fs.LiveNodeIds);
        Assert.Equal(0, fs.ForgetErrors);
    }

    private static InMemoryKernel Mounted(SyntheticFileSystem fs, Dialect dialect) =>
        InMemoryKernel.Mounted(fs, new SessionOptions { Workers = 1, Dialect = dialect });

    private static Answer GetAttr(InMemoryKernel kernel, ulong nodeid) =>
        kernel.Ask(FuseOpcode.FUSE_GETATTR, nodeid, new byte[16]);

    private static Answer Read(InMemoryKernel kernel, ulong nodeid, ulong offset, uint size) =>
        kernel.Ask(FuseOpcode.FUSE_READ, nodeid, InMemoryKernel.Of(
            new fuse_read_in { offset = offset, size = size }));

    private static byte[] Flags(uint flags) =>
        InMemoryKernel.Of(new fuse_open_in { flags = flags });
}
