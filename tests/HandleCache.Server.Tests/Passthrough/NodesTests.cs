using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class NodesTests
{
    private const ulong Root = 1;

    private static readonly PassthroughOptions Remembering =
        new() { Forgotten = ForgottenHandles.Remember };

    [Fact]
    public void Each_lookup_of_a_file_gives_the_same_nodeid_and_counts_one()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Assert.Equal(nodeid, served.Client.LookupNode(Root, "file"));
        Assert.Equal(nodeid, served.Client.LookupNode(Root, "file"));
        Assert.Equal(3ul, served.FileSystem.NLookup(nodeid));
        Assert.Equal(Errno.ENOENT, served.Client.Lookup(Root, "absent").Errno);
        Assert.Equal(2, served.FileSystem.NodeCount);
    }

    [Fact]
    public void Two_names_of_one_file_are_one_nodeid()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Reply linked = served.Client.Call(FuseOpcode.FUSE_LINK, Root,
            FuseClient.Bytes(new fuse_link_in { oldnodeid = nodeid }), FuseClient.Name("more"));
        Assert.Equal(nodeid, linked.Entry.nodeid);
        Assert.Equal(2u, linked.Entry.attr.nlink);
        Assert.Equal(2ul, served.FileSystem.NLookup(nodeid));
        Assert.Equal(nodeid, served.Client.LookupNode(Root, "more"));
    }

    [Fact]
    public void Forget_takes_back_exactly_what_it_says_and_the_last_one_drops_the_node()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        served.Client.Lookup(Root, "file");
        served.Client.Lookup(Root, "file");
        served.Client.Forget(nodeid, 2);
        Assert.Equal(1ul, served.FileSystem.NLookup(nodeid));
        Assert.Equal(Errno.None, served.Client.GetAttr(nodeid).Errno);
        served.Client.Forget(nodeid, 1);
        Assert.Equal(1, served.FileSystem.NodeCount);
        Assert.Equal(0, served.FileSystem.CachedDescriptorCount);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(nodeid).Errno);
    }

    [Fact]
    public void Batch_forget_takes_back_each_entry()
    {
        using ServedFolder served = new();
        served.Write("a", "x");
        served.Write("b", "x");
        ulong a = served.Client.LookupNode(Root, "a");
        ulong b = served.Client.LookupNode(Root, "b");
        served.Client.Lookup(Root, "b");
        served.Client.Put(FuseOpcode.FUSE_BATCH_FORGET, 0,
            FuseClient.Bytes(new fuse_batch_forget_in { count = 2 }),
            FuseClient.Bytes(new fuse_forget_one { nodeid = a, nlookup = 1 }),
            FuseClient.Bytes(new fuse_forget_one { nodeid = b, nlookup = 1 }));
        served.Client.GetAttr(Root);
        Assert.Equal(0ul, served.FileSystem.NLookup(a));
        Assert.Equal(1ul, served.FileSystem.NLookup(b));
    }

    [Fact]
    public void A_nodeid_is_never_given_out_again()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        HashSet<ulong> seen = [];
        for (int i = 0; i < 50; i++)
        {
            ulong nodeid = served.Client.LookupNode(Root, "file");
            Assert.True(seen.Add(nodeid), $"nodeid {nodeid} came twice");
            served.Client.Forget(nodeid, 1);
        }
    }

    [Fact]
    public void A_remembered_node_is_found_by_its_nodeid_after_forget()
    {
        using ServedFolder served = new(Remembering);
        served.Write("file", "x");
        fuse_entry_out first = served.Client.Lookup(Root, "file").Entry;
        served.Client.Forget(first.nodeid, 1);
        Assert.Equal(1, served.FileSystem.RememberedCount);
        fuse_entry_out again = served.Client.Lookup(first.nodeid, ".").Entry;
        Assert.Equal((first.nodeid, first.generation), (again.nodeid, again.generation));
        Assert.Equal(first.attr.ino, again.attr.ino);
        Assert.Equal(1ul, served.FileSystem.NLookup(first.nodeid));
        Assert.Equal(0, served.FileSystem.RememberedCount);
    }

    [Fact]
    public void A_dropped_node_is_stale_after_forget()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        served.Client.Forget(nodeid, 1);
        Assert.Equal(Errno.ESTALE, served.Client.Lookup(nodeid, ".").Errno);
    }

    [Fact]
    public void A_remembered_node_whose_file_was_deleted_is_dropped_with_its_forget()
    {
        using ServedFolder served = new(Remembering);
        served.Write("file", "x");
        served.Write("winner", "x");
        Directory.CreateDirectory($"{served.Path}/dir");
        ulong file = served.Client.LookupNode(Root, "file");
        ulong dir = served.Client.LookupNode(Root, "dir");
        ulong winner = served.Client.LookupNode(Root, "winner");
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_RMDIR, Root,
            FuseClient.Name("dir")).Errno);
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_RENAME, Root,
            FuseClient.Bytes(new fuse_rename_in { newdir = Root }),
            FuseClient.Name("winner"), FuseClient.Name("file")).Errno);
        served.Client.Forget(file, 1);
        served.Client.Forget(dir, 1);
        served.Client.Forget(winner, 1);
        Assert.Equal(Errno.ESTALE, served.Client.Lookup(file, ".").Errno);
        Assert.Equal(Errno.ESTALE, served.Client.Lookup(dir, ".").Errno);
        Assert.Equal(winner, served.Client.Lookup(winner, ".").Entry.nodeid);
        Assert.Equal(2, served.FileSystem.NodeCount);
    }

    [Fact]
    public void A_remembered_file_that_keeps_another_name_survives_the_loss_of_one()
    {
        using ServedFolder served = new(Remembering);
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        served.Client.Call(FuseOpcode.FUSE_LINK, Root,
            FuseClient.Bytes(new fuse_link_in { oldnodeid = nodeid }), FuseClient.Name("more"));
        served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name("file"));
        served.Client.Forget(nodeid, 2);
        Assert.Equal(1, served.FileSystem.RememberedCount);
        Assert.Equal(nodeid, served.Client.Lookup(nodeid, ".").Entry.nodeid);
    }

    [Fact]
    public void A_deleted_file_that_is_still_open_at_its_forget_is_dropped_with_its_release()
    {
        using ServedFolder served = new(Remembering);
        Reply created = served.Client.Create(Root, "file");
        ulong nodeid = created.Entry.nodeid;
        served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name("file"));
        served.Client.Forget(nodeid, 1);
        Assert.Equal(2, served.FileSystem.NodeCount);
        served.Client.Release(nodeid, created.Open.fh);
        Assert.Equal(1, served.FileSystem.NodeCount);
        Assert.Equal(0, served.FileSystem.RememberedCount);
    }

    [Fact]
    public void A_nameless_file_is_not_remembered_and_a_named_one_is()
    {
        using ServedFolder served = new(Remembering);
        for (int i = 0; i < 2; i++)
        {
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
            if (i == 1)
            {
                served.Client.Call(FuseOpcode.FUSE_LINK, Root,
                    FuseClient.Bytes(new fuse_link_in { oldnodeid = nodeid }),
                    FuseClient.Name("named"));
            }

            served.Client.Release(nodeid, made.Open.fh);
            served.Client.Forget(nodeid, 2);
        }

        Assert.Equal(1, served.FileSystem.RememberedCount);
    }

    [Fact]
    public void A_file_deleted_behind_the_servers_back_is_stale_by_its_handle()
    {
        using ServedFolder served = new(Remembering);
        string path = served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Assert.Equal(Errno.None, served.Client.GetAttr(nodeid).Errno);
        File.Delete(path);

        // The server still holds an O_PATH descriptor of it: that must not keep it alive.
        Assert.Equal(1, served.FileSystem.CachedDescriptorCount);
        Assert.Equal(Errno.ESTALE, served.Client.Lookup(nodeid, ".").Errno);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(nodeid).Errno);
    }

    [Fact]
    public void Dot_dot_leads_to_the_parent_and_never_above_the_root()
    {
        using ServedFolder served = new();
        Directory.CreateDirectory($"{served.Path}/a/b");
        ulong a = served.Client.LookupNode(Root, "a");
        ulong b = served.Client.LookupNode(a, "b");
        Assert.Equal(a, served.Client.LookupNode(b, ".."));
        fuse_entry_out root = served.Client.Lookup(a, "..").Entry;
        Assert.Equal((Root, 0ul), (root.nodeid, root.generation));
        Assert.Equal(Root, served.Client.LookupNode(Root, ".."));
    }

    [Theory]
    [InlineData(8, 100)]
    [InlineData(150, 300)]
    public void Descriptors_stay_within_the_bound_however_many_files_are_known(
        int bound, int files)
    {
        using ServedFolder served = new(new PassthroughOptions { CachedDescriptors = bound });
        List<ulong> nodes = [];
        for (int i = 0; i < files; i++)
        {
            served.Write($"f{i}", $"{i}");
            nodes.Add(served.Client.LookupNode(Root, $"f{i}"));
        }

        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int i = 0; i < files; i++)
        {
            fuse_attr attributes = served.Client.GetAttr(nodes[i]).Attributes;
            Assert.Equal((ulong)$"{i}".Length, attributes.size);
            Assert.Equal(served.StatxOf($"f{i}").Ino, attributes.ino);
        }

        Assert.Equal(bound, served.FileSystem.CachedDescriptorCount);
        Assert.Equal(files + 1, served.FileSystem.NodeCount);
        Assert.InRange(
            Directory.GetFileSystemEntries("/proc/self/fd").Length - before,
            bound - 28, bound + 12);
    }

    [Fact]
    public void The_descriptor_least_recently_used_makes_room()
    {
        using ServedFolder served = new(new PassthroughOptions { CachedDescriptors = 2 });
        foreach (string name in new[] { "used", "idle", "new" })
            served.Write(name, "x");
        ulong used = served.Client.LookupNode(Root, "used");
        ulong idle = served.Client.LookupNode(Root, "idle");
        served.Client.GetAttr(idle);
        served.Client.GetAttr(used);
        served.Client.GetAttr(served.Client.LookupNode(Root, "new"));
        File.Delete($"{served.Path}/used");
        File.Delete($"{served.Path}/idle");

        // Only a descriptor still held reaches a deleted file.
        Assert.Equal(0u, served.Client.GetAttr(used).Attributes.nlink);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(idle).Errno);
    }

    [Fact]
    public void A_reply_the_kernel_did_not_take_counts_no_lookup_and_leaves_no_open_file()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        Directory.CreateDirectory($"{served.Path}/dir");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        FuseClient client = served.Client;
        client.PutAbandoned(FuseOpcode.FUSE_LOOKUP, Root, FuseClient.Name("file"));
        client.PutAbandoned(FuseOpcode.FUSE_LOOKUP, Root, FuseClient.Name("dir"));
        client.PutAbandoned(
            FuseOpcode.FUSE_CREATE, Root,
            FuseClient.Bytes(
                new fuse_create_in { flags = OpenFlags.ReadWrite, mode = FileModes.Regular644 }),
            FuseClient.Name("new"));
        client.PutAbandoned(
            FuseOpcode.FUSE_OPEN, nodeid, FuseClient.Bytes(default(fuse_open_in)));
        client.GetAttr(Root);
        Assert.True(File.Exists($"{served.Path}/new"));
        Assert.Equal(1ul, served.FileSystem.NLookup(nodeid));
        Assert.Equal(2, served.FileSystem.NodeCount);
        Assert.Equal(0, served.FileSystem.OpenFileCount);
        ulong fh = served.Client.OpenDir(Root);
        client.PutAbandoned(
            FuseOpcode.FUSE_READDIRPLUS, Root,
            FuseClient.Bytes(new fuse_read_in { fh = fh, size = 4096 }));
        client.GetAttr(Root);
        Assert.Equal(1ul, served.FileSystem.NLookup(nodeid));
        Assert.Equal(2, served.FileSystem.NodeCount);
    }

    [Fact]
    public void A_source_without_handles_is_refused_with_the_names_of_those_that_have_them()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        HandlesNotSupportedException e = Assert.Throws<HandlesNotSupportedException>(
            () => new PassthroughFileSystem("/proc", new PassthroughOptions()));
        Assert.Contains("/proc", e.Message, StringComparison.Ordinal);
        Assert.Contains("ext4", e.Message, StringComparison.Ordinal);
        Assert.Contains("nfs_export=on", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_descriptor_is_closed_in_the_end()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        int before = Directory.GetFileSystemEntries("/proc/self/fd").Length;
        for (int round = 0; round < 30; round++)
        {
            using ServedFolder served = new();
            for (int i = 0; i < 10; i++)
                served.Client.Create(Root, $"f{i}");
            served.Client.OpenDir(Root);
        }

        // 30 times 23 descriptors would be left over, were they not closed.
        Assert.InRange(
            Directory.GetFileSystemEntries("/proc/self/fd").Length - before, -50, 50);
    }
}
