using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class DirectoriesTests
{
    private const ulong Root = 1;

    private static List<DirectoryRecord> ReadAll(
        ServedFolder served, ulong nodeid, ulong fh, ulong offset, bool plus, uint size = 4096)
    {
        List<DirectoryRecord> all = [];
        while (true)
        {
            List<DirectoryRecord> some = served.Client.ReadDir(nodeid, fh, offset, size, plus);
            if (some.Count == 0)
                return all;
            all.AddRange(some);
            offset = some[^1].Offset;
        }
    }

    private static HashSet<string> Fill(ServedFolder served, int files)
    {
        HashSet<string> names = [".", ".."];
        for (int i = 0; i < files; i++)
        {
            served.Write($"name-{i}", "");
            names.Add($"name-{i}");
        }

        return names;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_name_comes_exactly_once(bool plus)
    {
        using ServedFolder served = new();
        HashSet<string> expected = Fill(served, 1000);
        ulong fh = served.Client.OpenDir(Root);
        List<DirectoryRecord> all = ReadAll(served, Root, fh, 0, plus);
        Assert.Equal(1002, all.Count);
        Assert.Equal(expected, all.Select(record => record.Name).ToHashSet());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Reading_resumes_at_any_cookie_backwards_too(bool plus)
    {
        using ServedFolder served = new();
        Fill(served, 200);
        ulong fh = served.Client.OpenDir(Root);
        List<DirectoryRecord> all = ReadAll(served, Root, fh, 0, plus);
        foreach (int start in new[] { 150, 20, 199, 0, 100 })
        {
            List<DirectoryRecord> rest =
                ReadAll(served, Root, fh, all[start].Offset, plus, size: 1000);
            Assert.Equal(all.Skip(start + 1).Select(record => record.Name),
                rest.Select(record => record.Name));
        }
    }

    [Fact]
    public void Reading_from_the_start_again_sees_what_was_made_since()
    {
        using ServedFolder served = new();
        Fill(served, 10);
        ulong fh = served.Client.OpenDir(Root);
        Assert.Equal(12, ReadAll(served, Root, fh, 0, plus: false).Count);
        served.Write("later", "");
        Assert.Equal(13, ReadAll(served, Root, fh, 0, plus: false).Count);
    }

    [Fact]
    public void Readdirplus_counts_one_lookup_for_each_entry_it_sends_and_none_for_dots()
    {
        using ServedFolder served = new();
        Fill(served, 100);
        ulong fh = served.Client.OpenDir(Root);
        List<DirectoryRecord> first = served.Client.ReadDir(Root, fh, 0, 4096, plus: true);
        Assert.InRange(first.Count, 10, 30);
        Dictionary<ulong, ulong> counts = [];
        foreach (DirectoryRecord record in ReadAll(served, Root, fh, 0, plus: true))
            counts[record.Entry.nodeid] = counts.GetValueOrDefault(record.Entry.nodeid) + 1;
        foreach (DirectoryRecord record in first)
            counts[record.Entry.nodeid]++;
        int dots = first.Count(record => record.Name is "." or "..");
        Assert.Equal(2ul + (ulong)dots, counts[0]);
        Assert.Equal(101, counts.Count);
        foreach ((ulong nodeid, ulong count) in counts)
        {
            if (nodeid != 0)
                Assert.Equal(count, served.FileSystem.NLookup(nodeid));
        }

        Assert.Equal(101, served.FileSystem.NodeCount);
    }

    [Fact]
    public void Readdirplus_entries_are_those_of_lookup()
    {
        using ServedFolder served = new();
        served.Write("file", "12345");
        File.CreateSymbolicLink($"{served.Path}/link", "file");
        Directory.CreateDirectory($"{served.Path}/dir");
        ulong fh = served.Client.OpenDir(Root);
        foreach (DirectoryRecord record in ReadAll(served, Root, fh, 0, plus: true))
        {
            if (record.Name is "." or "..")
                continue;
            fuse_entry_out found = served.Client.Lookup(Root, record.Name).Entry;
            Assert.Equal((found.nodeid, found.generation, found.attr.ino, found.attr.mode),
                (record.Entry.nodeid, record.Entry.generation, record.Entry.attr.ino,
                    record.Entry.attr.mode));
            Assert.Equal(record.Ino, found.attr.ino);
        }
    }

    [Fact]
    public void A_buffer_too_small_for_one_record_is_an_error_and_no_end()
    {
        using ServedFolder served = new();
        ulong fh = served.Client.OpenDir(Root);
        Assert.Equal(Errno.EINVAL, served.Client.Call(FuseOpcode.FUSE_READDIR, Root,
            FuseClient.Bytes(new fuse_read_in { fh = fh, size = 16 })).Errno);
    }

    [Fact]
    public void A_file_is_no_directory()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Assert.Equal(Errno.ENOTDIR, served.Client.Call(FuseOpcode.FUSE_OPENDIR, nodeid,
            FuseClient.Bytes(default(fuse_open_in))).Errno);
        ulong fh = served.Client.Open(nodeid, OpenFlags.ReadOnly).Open.fh;
        Assert.Equal(Errno.EBADF, served.Client.Call(FuseOpcode.FUSE_READDIR, nodeid,
            FuseClient.Bytes(new fuse_read_in { fh = fh, size = 4096 })).Errno);
    }

    [Fact]
    public void A_removed_open_directory_reads_as_empty()
    {
        using ServedFolder served = new();
        Directory.CreateDirectory($"{served.Path}/dir");
        ulong nodeid = served.Client.LookupNode(Root, "dir");
        ulong fh = served.Client.OpenDir(nodeid);
        Assert.Equal(Errno.None, served.Client.Call(
            FuseOpcode.FUSE_RMDIR, Root, FuseClient.Name("dir")).Errno);
        Reply read = served.Client.Call(FuseOpcode.FUSE_READDIR, nodeid,
            FuseClient.Bytes(new fuse_read_in { fh = fh, size = 4096 }));
        Assert.True(read.Errno is Errno.ENOENT || read.Body.Length == 0, $"{read.Errno}");
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_RELEASEDIR, nodeid,
            FuseClient.Bytes(new fuse_release_in { fh = fh })).Errno);
        Assert.Equal(0, served.FileSystem.OpenFileCount);
    }

    [Fact]
    public void A_cookie_that_the_source_refuses_is_refused_each_time()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong fh = served.Client.OpenDir(Root);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(Errno.EINVAL, served.Client.Call(FuseOpcode.FUSE_READDIR, Root,
                FuseClient.Bytes(new fuse_read_in
                {
                    fh = fh,
                    offset = ulong.MaxValue - 1,
                    size = 4096,
                })).Errno);
        }
    }

    [Fact]
    public void Rename_keeps_the_nodeid_and_obeys_its_flags()
    {
        using ServedFolder served = new();
        served.Write("a", "A");
        served.Write("b", "B");
        Directory.CreateDirectory($"{served.Path}/dir");
        ulong dir = served.Client.LookupNode(Root, "dir");
        ulong a = served.Client.LookupNode(Root, "a");
        ulong b = served.Client.LookupNode(Root, "b");
        Reply Rename(ulong newDir, uint flags, string from, string to) =>
            served.Client.Call(FuseOpcode.FUSE_RENAME2, Root,
                FuseClient.Bytes(new fuse_rename2_in { newdir = newDir, flags = flags }),
                FuseClient.Name(from), FuseClient.Name(to));
        Assert.Equal(Errno.EEXIST, Rename(Root, RenameFlags.NoReplace, "a", "b").Errno);
        Assert.Equal(Errno.None, Rename(Root, RenameFlags.Exchange, "a", "b").Errno);
        Assert.Equal((b, a),
            (served.Client.LookupNode(Root, "a"), served.Client.LookupNode(Root, "b")));
        Assert.Equal(Errno.None, Rename(dir, 0, "a", "moved").Errno);
        Assert.Equal(b, served.Client.LookupNode(dir, "moved"));
        Assert.Equal("B", File.ReadAllText($"{served.Path}/dir/moved"));
        Reply whiteout = Rename(dir, RenameFlags.Whiteout, "b", "under");
        if (whiteout.Errno != Errno.EINVAL)
        {
            Assert.Equal(Errno.None, whiteout.Errno);
            Assert.Equal(FileModes.CharacterDevice,
                served.Client.Lookup(Root, "b").Entry.attr.mode & FileModes.TypeMask);
        }
    }

    [Fact]
    public void Errors_of_names_are_those_of_the_source()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        Directory.CreateDirectory($"{served.Path}/dir/deep");
        Reply Remove(FuseOpcode opcode, string name) =>
            served.Client.Call(opcode, Root, FuseClient.Name(name));
        Assert.Equal(Errno.ENOTEMPTY, Remove(FuseOpcode.FUSE_RMDIR, "dir").Errno);
        Assert.Equal(Errno.ENOTDIR, Remove(FuseOpcode.FUSE_RMDIR, "file").Errno);
        Assert.Equal(Errno.EISDIR, Remove(FuseOpcode.FUSE_UNLINK, "dir").Errno);
        Assert.Equal(Errno.ENOENT, Remove(FuseOpcode.FUSE_UNLINK, "absent").Errno);
        Assert.Equal(Errno.EEXIST, served.Client.Call(FuseOpcode.FUSE_MKDIR, Root,
            FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 }),
                FuseClient.Name("dir")).Errno);
        ulong file = served.Client.LookupNode(Root, "file");
        Assert.Equal(Errno.ENOTDIR, served.Client.Lookup(file, "x").Errno);
    }
}
