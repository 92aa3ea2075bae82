using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>
/// Objects that lose their last name while the kernel has them. The server caches one descriptor
/// here, and another node takes it: what is reached is held for its own sake.
/// </summary>
public class NamelessTests
{
    private const ulong Root = 1;

    private static readonly PassthroughOptions OneCached = new() { CachedDescriptors = 1 };

    [Theory]
    [InlineData(FuseOpcode.FUSE_UNLINK)]
    [InlineData(FuseOpcode.FUSE_RMDIR)]
    [InlineData(FuseOpcode.FUSE_RENAME)]
    public void What_loses_its_last_name_is_reached_until_its_forget(FuseOpcode opcode)
    {
        using ServedFolder served = new(OneCached);
        bool isDirectory = opcode == FuseOpcode.FUSE_RMDIR;
        if (isDirectory)
            Directory.CreateDirectory($"{served.Path}/victim");
        else
            served.Write("victim", "old");
        served.Write("winner", "new");
        ulong victim = served.Client.LookupNode(Root, "victim");
        ulong winner = served.Client.LookupNode(Root, "winner");
        Assert.Equal(Errno.None, Take(served, opcode, "winner", "victim"));
        served.Client.GetAttr(winner);

        Assert.Equal(1, served.FileSystem.NamelessCount);
        Assert.Equal(0u, served.Client.GetAttr(victim).Attributes.nlink);
        if (isDirectory)
        {
            // What Linux says of reading a removed directory (iterate_dir(), fs/readdir.c).
            ulong dir = served.Client.OpenDir(victim);
            Assert.Equal(Errno.ENOENT, served.Client.Call(FuseOpcode.FUSE_READDIR, victim,
                FuseClient.Bytes(new fuse_read_in { fh = dir, size = 4096 })).Errno);
        }
        else
        {
            ulong fh = served.Client.Open(victim, OpenFlags.ReadOnly).Open.fh;
            Assert.Equal("old"u8, served.Client.Read(victim, fh, 0, 100).Body);
            served.Client.Release(victim, fh);
        }

        served.Client.Forget(victim, 1);
        Assert.Equal(0, served.FileSystem.NamelessCount);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(victim).Errno);
    }

    [Fact]
    public void Nothing_is_held_of_a_file_with_another_name_or_that_the_kernel_does_not_have()
    {
        using ServedFolder served = new(OneCached);
        served.Write("unknown", "x");
        served.Write("file", "x");
        ulong file = served.Client.LookupNode(Root, "file");
        served.Client.Call(FuseOpcode.FUSE_LINK, Root,
            FuseClient.Bytes(new fuse_link_in { oldnodeid = file }), FuseClient.Name("more"));
        Assert.Equal(Errno.None, Take(served, FuseOpcode.FUSE_UNLINK, "", "file"));
        Assert.Equal(Errno.None, Take(served, FuseOpcode.FUSE_UNLINK, "", "unknown"));
        Assert.Equal(0, served.FileSystem.NamelessCount);
        Assert.Equal(1u, served.Client.GetAttr(file).Attributes.nlink);
    }

    [Fact]
    public void A_file_that_never_had_a_name_is_reached_after_its_release()
    {
        using ServedFolder served = new(OneCached);
        Reply made = served.Client.Call(FuseOpcode.FUSE_TMPFILE, Root,
            FuseClient.Bytes(new fuse_create_in
            {
                flags = OpenFlags.ReadWrite,
                mode = FileModes.Regular | 0x180,
            }),
            FuseClient.Name("/"));
        if (made.Errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no O_TMPFILE");
        ulong nodeid = made.Entry.nodeid;
        served.Client.Release(nodeid, made.Open.fh);
        served.Write("other", "x");
        served.Client.GetAttr(served.Client.LookupNode(Root, "other"));
        Assert.Equal(0u, served.Client.GetAttr(nodeid).Attributes.nlink);
        served.Client.Forget(nodeid, 1);
        Assert.Equal(0, served.FileSystem.NamelessCount);
    }

    [Fact]
    public void Beyond_the_descriptors_there_are_for_them_the_one_idle_longest_is_stale()
    {
        using ServedFolder served =
            new(OneCached with { MostDescriptors = 0, Forgotten = ForgottenHandles.Drop });
        List<ulong> gone = [];
        for (int i = 0; i < 40; i++)
        {
            served.Write($"f{i}", "x");
            gone.Add(served.Client.LookupNode(Root, $"f{i}"));
            Assert.Equal(Errno.None, Take(served, FuseOpcode.FUSE_UNLINK, "", $"f{i}"));
        }

        int held = served.FileSystem.NamelessCount;
        Assert.InRange(held, 1, 39);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(gone[0]).Errno);
        Assert.All(gone[^held..], nodeid =>
            Assert.Equal(0u, served.Client.GetAttr(nodeid).Attributes.nlink));
    }

    [Fact]
    public void After_a_stale_node_what_a_lookup_finds_can_be_opened_though_it_is_replaced()
    {
        using ServedFolder served = new();
        served.Write("file", "first");
        ulong first = served.Client.LookupNode(Root, "file");
        ReplaceInSource(served, "second");
        Assert.Equal(Errno.ESTALE, served.Client.Open(first, OpenFlags.ReadOnly).Errno);

        // What the kernel does now: it looks up once more, and opens what that gives.
        ulong second = served.Client.LookupNode(Root, "file");
        ReplaceInSource(served, "third");
        ulong fh = served.Client.Open(second, OpenFlags.ReadOnly).Open.fh;
        Assert.Equal("second"u8, served.Client.Read(second, fh, 0, 100).Body);
    }

    private static void ReplaceInSource(ServedFolder served, string text)
    {
        served.Write("new", text);
        File.Move($"{served.Path}/new", $"{served.Path}/file", overwrite: true);
    }

    private static Errno Take(
        ServedFolder served, FuseOpcode opcode, string winner, string victim) =>
        opcode == FuseOpcode.FUSE_RENAME
            ? served.Client.Call(opcode, Root,
                FuseClient.Bytes(new fuse_rename_in { newdir = Root }),
                FuseClient.Name(winner), FuseClient.Name(victim)).Errno
            : served.Client.Call(opcode, Root, FuseClient.Name(victim)).Errno;
}
