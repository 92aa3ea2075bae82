using HandleCache.Lab.Mixes;
using HandleCache.Model.Mixes;
using Xunit;

namespace HandleCache.Lab.Tests.Sweep;

/// <summary>The shipped mixes against HANDLES.md.</summary>
public sealed class ShippedMixTests
{
    [Theory]
    [InlineData("ext4", 0x1, 8, "measured")]
    [InlineData("squashfs", 0x1, 8, "measured")]
    [InlineData("xfs", 0x81, 12, "measured")]
    [InlineData("erofs", 0x81, 12, "measured")]
    [InlineData("btrfs", 0x4d, 20, "measured")]
    [InlineData("tmpfs", 0x1, 12, "measured")]
    [InlineData("fuse", 0x81, 12, "measured")]
    [InlineData("overlay-ext4", 0xf8, 32, "measured")]
    [InlineData("overlay-xfs", 0xf8, 36, "measured")]
    [InlineData("overlay-tmpfs", 0xf8, 36, "measured")]
    [InlineData("overlay-btrfs", 0xf8, 44, "measured")]
    [InlineData("overlay-erofs", 0xf8, 36, "derived")]
    [InlineData("overlay-squashfs", 0xf8, 32, "derived")]
    // server handle 4 + 16 + 8 = 28: the client's is 44 (the fact file's first example).
    [InlineData("nfs-ext4", 11, 44, "derived")]
    // 4 + 16 + 12 = 32: 12 + roundup4(34) = 48.
    [InlineData("nfs-xfs", 12, 48, "derived")]
    // 4 + 16 + 20 = 40: 12 + roundup4(42) = 56.
    [InlineData("nfs-btrfs", 14, 56, "derived")]
    public void One_file_system_has_one_length(string name, uint type, int bytes, string how)
    {
        HandleMix mix = FileSystemMixes.Load(name);
        Assert.Equal([new HandleShare(type, bytes, 1)], mix.Lengths);
        Assert.Equal(how, mix.How);
    }

    [Fact]
    public void Every_shipped_mix_loads_and_says_where_it_comes_from()
    {
        Assert.True(FileSystemMixes.ShippedNames.Count >= 20);
        foreach (string name in FileSystemMixes.ShippedNames)
        {
            HandleMix mix = FileSystemMixes.Load(name);
            Assert.Equal(name, mix.Name);
            Assert.True(mix.How is "measured" or "derived", name);
            Assert.NotEmpty(mix.Origin);
        }
    }

    /// <summary>HANDLES.md, "Measured with name_to_handle_at(2)"; 1 directory in 10.</summary>
    [Theory]
    [InlineData("ext4", 0x10002, 16, 0x30001, 8)]
    [InlineData("squashfs", 0x10002, 16, 0x30001, 8)]
    [InlineData("xfs", 0x10082, 24, 0x30081, 12)]
    [InlineData("erofs", 0x10082, 24, 0x30081, 12)]
    [InlineData("fuse", 0x10082, 24, 0x30081, 12)]
    [InlineData("btrfs", 0x1004e, 32, 0x3004d, 20)]
    [InlineData("overlay-ext4", 0xf8, 32, 0x300f8, 32)]
    [InlineData("overlay-btrfs", 0xf8, 44, 0x300f8, 44)]
    public void Connectable_handles_of_files_and_directories_are_those_measured(
        string name, uint file, int fileBytes, uint directory, int directoryBytes)
    {
        HandleMix mix = FileSystemMixes.Choose(name, null, connectable: true);
        Assert.Equal(
            [new HandleShare(file, fileBytes, 0.9), new(directory, directoryBytes, 0.1)],
            mix.Lengths);
        Assert.Equal("derived", mix.How);
        Assert.Contains("assumed", mix.Origin, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_shipped_mix_has_connectable_handles_or_keeps_its_plain_ones()
    {
        foreach (string name in FileSystemMixes.ShippedNames)
        {
            HandleMix mix = FileSystemMixes.Choose(name, null, connectable: true);
            Assert.Equal(1, mix.Lengths.Sum(row => row.Share), 6);
        }

        Assert.Equal(
            FileSystemMixes.Load("tmpfs").Lengths,
            FileSystemMixes.Choose("tmpfs", null, connectable: true).Lengths);
    }

    [Fact]
    public void An_unknown_file_system_lists_the_known_ones()
    {
        BadInputException e = Assert.Throws<BadInputException>(
            () => FileSystemMixes.Load("reiser4"));
        Assert.Contains("unknown file system 'reiser4'; known: btrfs, container-host, ", e.Message,
            StringComparison.Ordinal);
    }
}
