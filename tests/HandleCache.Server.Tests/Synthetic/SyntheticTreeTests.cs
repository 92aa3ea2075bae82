using System.Text;
using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Synthetic;

/// <summary>Ids, names, nodeids and inode numbers are one-to-one.</summary>
public sealed class SyntheticTreeTests
{
    private static readonly SyntheticTree Tree = new(new SyntheticOptions
    {
        Directories = 12,
        FilesPerDirectory = 30,
        NodeIdBase = 1000,
    });

    [Fact]
    public void Every_object_is_found_again_by_its_names_its_nodeid_and_its_inode_number()
    {
        Assert.Equal(1UL + 12 + (12 * 30), Tree.ObjectCount);
        byte[] name = new byte[32];
        for (ulong id = 1; id < Tree.ObjectCount; id++)
        {
            int length = Tree.WriteName(id, name);
            Assert.True(Tree.TryChild(Tree.ParentOf(id), name.AsSpan(0, length), out ulong child));
            Assert.Equal(id, child);
            Assert.True(Tree.TryIdOfNodeId(Tree.NodeIdOf(id), out ulong byNodeId));
            Assert.Equal(id, byNodeId);
            Assert.True(Tree.TryIdOfIno(SyntheticTree.InoOf(id), out ulong byIno));
            Assert.Equal(id, byIno);
        }
    }

    [Fact]
    public void The_root_has_nodeid_1_and_is_its_own_parent()
    {
        Assert.Equal(1UL, Tree.NodeIdOf(0));
        Assert.Equal(0UL, Tree.ParentOf(0));
        Assert.Equal("", Tree.PathOf(0));
    }

    [Theory]
    [InlineData(1, "d0000")]
    [InlineData(12, "d0011")]
    [InlineData(13, "d0000/f000000")]
    [InlineData(12 + 30, "d0000/f000029")]
    [InlineData(12 + 31, "d0001/f000000")]
    public void Directories_are_d_and_4_digits_and_files_f_and_6(ulong id, string path) =>
        Assert.Equal(path, Tree.PathOf(id));

    [Theory]
    [InlineData(0, "d012")]
    [InlineData(0, "d00000")]
    [InlineData(0, "d0012")]
    [InlineData(0, "d")]
    [InlineData(0, "f000000")]
    [InlineData(0, "d00 1")]
    [InlineData(0, "d+001")]
    [InlineData(0, "d99999999999999999999999")]
    [InlineData(1, "f00000")]
    [InlineData(1, "f0000000")]
    [InlineData(1, "f000030")]
    [InlineData(1, "d0001")]
    public void A_name_that_no_object_has_is_not_found(ulong directory, string name) =>
        Assert.False(Tree.TryChild(directory, Encoding.ASCII.GetBytes(name), out _));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(1000)]
    [InlineData(1000 + 373)]
    [InlineData(ulong.MaxValue)]
    public void A_nodeid_that_no_object_has_is_not_found(ulong nodeid) =>
        Assert.False(Tree.TryIdOfNodeId(nodeid, out _));

    [Fact]
    public void Names_grow_beyond_their_digits_in_a_large_tree()
    {
        SyntheticTree large = new(new SyntheticOptions
        {
            Directories = 20_000,
            FilesPerDirectory = 2,
        });
        Assert.Equal("d19999", large.PathOf(20_000));
        Assert.True(large.TryChild(0, "d10000"u8, out ulong id));
        Assert.Equal(10_001UL, id);
        Assert.False(large.TryChild(0, "d01000"u8, out _));
    }
}
