using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>More open files than there are descriptors for them.</summary>
public class ParkingTests
{
    private const ulong Root = 1;

    /// <summary>So few that each use has the least there is: 8 for open files.</summary>
    private static readonly PassthroughOptions Few = new() { MostDescriptors = 0 };

    private const int OpenAtOnce = 8;

    [Fact]
    public void Each_of_many_open_files_goes_on_reading_and_writing_what_is_its_own()
    {
        using ServedFolder served = new(Few);
        List<(ulong Node, ulong Fh)> open = [];
        for (int i = 0; i < 60; i++)
        {
            Reply made = served.Client.Create(Root, $"f{i}");
            open.Add((made.Entry.nodeid, made.Open.fh));
        }

        for (int i = 0; i < 60; i++)
        {
            served.Client.Write(open[i].Node, open[i].Fh, 0, Encoding.UTF8.GetBytes($"text {i}"));
            Assert.InRange(served.FileSystem.OpenDescriptorCount, 1, OpenAtOnce);
        }

        for (int i = 0; i < 60; i++)
        {
            Assert.Equal($"text {i}", Encoding.UTF8.GetString(
                served.Client.Read(open[i].Node, open[i].Fh, 0, 100).Body));
            Assert.Equal(Errno.None, served.Client.Release(open[i].Node, open[i].Fh).Errno);
            Assert.Equal(
                Errno.EBADF, served.Client.Read(open[i].Node, open[i].Fh, 0, 100).Errno);
        }

        Assert.Equal(0, served.FileSystem.OpenFileCount);
        Assert.Equal(0, served.FileSystem.OpenDescriptorCount);
    }

    [Fact]
    public void A_listing_goes_on_where_it_was()
    {
        using ServedFolder served = new(Few);
        List<string> names = [];
        for (int i = 0; i < 50; i++)
            names.Add(Path.GetFileName(served.Write($"file{i}", "x")));
        ulong dir = served.Client.OpenDir(Root);
        List<string> listed = [];
        ulong offset = 0;
        while (served.Client.ReadDir(Root, dir, offset, 200, plus: false) is { Count: > 0 } some)
        {
            listed.AddRange(some.Select(record => record.Name));
            offset = some[^1].Offset;
            for (int i = 0; i < 3 * OpenAtOnce; i++)
                served.Client.OpenDir(Root);
        }

        Assert.Equal([".", "..", .. names], listed.Order(StringComparer.Ordinal)
            .OrderBy(name => name.Length));
    }

    [Fact]
    public void What_has_no_name_is_not_parked_and_when_nothing_can_be_nothing_is_made()
    {
        using ServedFolder served = new(Few);
        List<(ulong Node, ulong Fh)> open = [];
        for (int i = 0; i < OpenAtOnce; i++)
        {
            Reply made = served.Client.Create(Root, $"f{i}");
            open.Add((made.Entry.nodeid, made.Open.fh));
            served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name($"f{i}"));
        }

        Assert.Equal(Errno.EMFILE, served.Client.Create(Root, "more").Errno);
        Assert.False(File.Exists($"{served.Path}/more"));
        Assert.Equal(Errno.EMFILE, served.Client.Call(
            FuseOpcode.FUSE_OPENDIR, Root, FuseClient.Bytes(default(fuse_open_in))).Errno);

        // Who opens nothing goes on.
        Assert.Equal(Errno.None, served.Client.GetAttr(Root).Errno);
        foreach ((ulong node, ulong fh) in open)
            Assert.Equal(Errno.None, served.Client.Write(node, fh, 0, "x"u8.ToArray()).Errno);
        served.Client.Release(open[0].Node, open[0].Fh);
        Assert.Equal(Errno.None, served.Client.Create(Root, "more").Errno);
    }

    [Fact]
    public void A_parked_file_that_loses_its_name_is_reached_and_in_the_source_it_is_stale()
    {
        using ServedFolder served = new(Few);
        List<(ulong Node, ulong Fh)> open = [];
        foreach (string name in new[] { "unlinked", "deleted" })
        {
            Reply made = served.Client.Create(Root, name);
            served.Client.Write(made.Entry.nodeid, made.Open.fh, 0, "text"u8.ToArray());
            open.Add((made.Entry.nodeid, made.Open.fh));
        }

        for (int i = 0; i < 3 * OpenAtOnce; i++)
            served.Client.OpenDir(Root);
        served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name("unlinked"));
        File.Delete($"{served.Path}/deleted");
        Assert.Equal("text"u8, served.Client.Read(open[0].Node, open[0].Fh, 0, 100).Body);
        Assert.Equal(Errno.ESTALE, served.Client.Read(open[1].Node, open[1].Fh, 0, 100).Errno);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(1024)]
    [InlineData(1 << 20)]
    public void The_shares_fit_below_the_limit_and_none_is_empty(int limit)
    {
        DescriptorShares shares = DescriptorShares.Of((ulong)limit, 30, wantedCached: 256);
        Assert.InRange(shares.Cached, 4, 256);
        Assert.InRange(shares.Nameless, 4, 1 << 20);
        Assert.InRange(shares.OpenFiles, 8, 1 << 20);
        if (limit >= 64 + 30)
            Assert.True(30 + shares.Cached + shares.Nameless + shares.OpenFiles < limit);
    }
}
