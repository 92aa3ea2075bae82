using HandleCache.Linux;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

/// <summary>
/// Handles as nodeids: struct fid (include/linux/exportfs.h), xfs_fid64 (fs/xfs/xfs_export.h),
/// shmem_encode_fh() (mm/shmem.c).
/// </summary>
public sealed class StatelessNodesTests
{
    [Theory]
    [InlineData(1, "0c000000 78563412", 0x0000_000c_1234_5678)]
    [InlineData(0x81, "0c000000 00000000 78563412", 0x0000_000c_1234_5678)]
    [InlineData(1, "78563412 0c000000 00000000", 0x0000_000c_1234_5678)]
    [InlineData(1, "ffffff7f ffffffff", 0x7fff_ffff_ffff_ffff)]
    public void A_handle_of_a_small_inode_number_is_a_nodeid_and_back(
        int type, string words, ulong nodeid)
    {
        FileHandleBuffer handle = Of(type, words);
        StatelessNodes nodes = StatelessNodes.For(handle)!;
        Assert.Equal(nodeid, nodes.NodeIdOf(handle));
        Assert.True(nodes.TryGetHandle(nodeid, out FileHandleBuffer back));
        Assert.Equal(handle.Type, back.Type);
        Assert.Equal(handle.Bytes, back.Bytes);
    }

    [Theory]
    [InlineData(1, "00000080 01000000")] // 2^31 and above would be a nodeid of the table.
    [InlineData(1, "00000000 01000000")] // No inode has number 0: nodeid 1 is the root's.
    [InlineData(0x81, "0c000000 01000000 78563412")]
    [InlineData(1, "78563412 0c000000 01000000")]
    [InlineData(2, "0c000000 78563412")]
    public void Another_handle_is_none(int type, string words)
    {
        FileHandleBuffer handle = Of(type, words);
        FileHandleBuffer root = Of(type == 2 ? 1 : type, words);
        Assert.Equal(0ul, StatelessNodes.For(root)!.NodeIdOf(handle));
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(uint.MaxValue)]
    [InlineData(1ul << 63)]
    [InlineData(ulong.MaxValue)]
    public void Nodeids_of_nothing_of_the_root_and_of_the_table_are_no_handles(ulong nodeid) =>
        Assert.False(StatelessNodes.For(Of(1, "0c000000 78563412"))!.TryGetHandle(
            nodeid, out _));

    [Theory]
    [InlineData(0x4d, "00000000 00000000 00000000 00000000 00000000")]
    [InlineData(1, "00000000 00000000 00000000 00000000")]
    public void Long_handles_do_not_fit(int type, string words) =>
        Assert.Null(StatelessNodes.For(Of(type, words)));

    private static FileHandleBuffer Of(int type, string words) => FileHandleBuffer.From(
        type, Convert.FromHexString(words.Replace(" ", "", StringComparison.Ordinal)));
}
