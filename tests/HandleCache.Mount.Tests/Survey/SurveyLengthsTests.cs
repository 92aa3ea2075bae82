using HandleCache.Lab.Survey;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Mounting;
using Xunit;

namespace HandleCache.Mount.Tests.Survey;

/// <summary>
/// The handles of real file systems against "Measured with name_to_handle_at(2) on 6.18" of
/// HANDLES.md.
/// </summary>
public sealed class SurveyLengthsTests
{
    [Theory]
    [InlineData("ext4", 0x1, 8, 0x10002, 16, 0x30001, 8)]
    [InlineData("squashfs", 0x1, 8, 0x10002, 16, 0x30001, 8)]
    [InlineData("xfs", 0x81, 12, 0x10082, 24, 0x30081, 12)]
    [InlineData("erofs", 0x81, 12, 0x10082, 24, 0x30081, 12)]
    [InlineData("btrfs", 0x4d, 20, 0x1004e, 32, 0x3004d, 20)]
    public void A_file_system_gives_the_fact_files_types_and_lengths(
        string type, uint plain, int plainBytes, uint file, int fileBytes, uint folder,
        int folderBytes)
    {
        SurveyFileSystem found = Survey(type, (made, mount) =>
        {
            if (type is not ("erofs" or "squashfs"))
                LoopFileSystem.Fill(mount);
            return mount;
        });
        Assert.Equal(type, found.Type);
        Assert.Equal([(plain, plainBytes)], Kinds(found.Lengths));
        Assert.Equal(found.Objects, found.Lengths.Sum(l => l.Count));
        Assert.Equal(
            [(file, fileBytes), (folder, folderBytes)], Kinds(found.Connectable));
        Assert.Equal(0, found.WithoutConnectable);
    }

    [Fact]
    public void Tmpfs_has_handles_of_12_and_no_connectable_ones()
    {
        SurveyFileSystem found = Survey("tmpfs", (made, mount) =>
        {
            LoopFileSystem.Fill(mount);
            return mount;
        });
        Assert.Equal([(0x1u, 12)], Kinds(found.Lengths));
        Assert.Equal(6, found.Objects);
        Assert.Equal(found.Objects, found.WithoutConnectable);
    }

    [Theory]
    [InlineData("ext4", 32)]
    [InlineData("xfs", 36)]
    [InlineData("btrfs", 44)]
    [InlineData("tmpfs", 36)]
    public void An_overlay_adds_24_bytes_to_what_lies_below(string below, int bytes)
    {
        SurveyFileSystem found = Survey(below, (made, mount) => made.Overlay(mount));
        Assert.Equal("overlay", found.Type);
        Assert.Equal([(0xf8u, bytes)], Kinds(found.Lengths));
        Assert.Equal(6, found.Objects);

        // A connectable handle of a file: EOVERFLOW; of a directory the same bytes.
        Assert.Equal([(0x300f8u, bytes)], Kinds(found.Connectable));
        Assert.Equal(3, found.WithoutConnectable);
    }

    [Fact]
    public void Xdev_stays_and_without_it_the_mount_below_is_surveyed_too()
    {
        using NamespaceThread space = PrivateSpace();
        space.Invoke(() =>
        {
            using LoopFileSystem made = new();
            string outer = made.Make("tmpfs");
            LoopFileSystem.Fill(outer);
            string inner = Directory.CreateDirectory($"{outer}/inner").FullName;
            Mounts.MountTmpfs(inner, "size=1m");
            try
            {
                LoopFileSystem.Fill(inner);
                Assert.Equal(6, Run(outer, stay: true).Objects);
                SurveyResult across = Run(outer, stay: false);
                Assert.Equal(12, across.Objects);
                Assert.Equal([6, 6], across.FileSystems.Select(f => (int)f.Objects));
            }
            finally
            {
                Assert.Equal(Errno.None, Mounts.Unmount(inner));
            }

            return 0;
        });
    }

    private static SurveyFileSystem Survey(
        string type, Func<LoopFileSystem, string, string> prepare)
    {
        using NamespaceThread space = PrivateSpace();
        return space.Invoke(() =>
        {
            using LoopFileSystem made = new();
            SurveyResult result = Run(prepare(made, made.Make(type)), stay: true);
            Assert.Equal(0, result.Errors);
            return Assert.Single(result.FileSystems);
        });
    }

    private static SurveyResult Run(string path, bool stay) =>
        SurveyExperiment.Run(new SurveyRequest
        {
            Paths = [path],
            StayInMount = stay,
            Connectable = true,
            Workers = 2,
        });

    private static NamespaceThread PrivateSpace()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        NamespaceThread space = new();
        if (!space.IsPrivate)
        {
            space.Dispose();
            Assert.Skip("no private mount namespace here");
        }

        return space;
    }

    private static IEnumerable<(uint Type, int Bytes)> Kinds(IReadOnlyList<SurveyLength> rows) =>
        rows.Select(row => (row.Type, row.Bytes)).Order();
}
