using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using Xunit;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>PROPOSALS.md, section 2 (export) and section 3, item 6.</summary>
public class V2ExportTests
{
    private static readonly byte[] Handle = [1, 2, 3, 4, 5, 6, 7, 8];

    [Fact]
    public void A_fid_is_nodeid_generation_and_the_handle()
    {
        byte[] room = new byte[128];
        Assert.True(Dialect.V2.Export.TryWrite(
            room, new ExportedNode(0x11, 0x22, new(0x81, Handle)), false, default,
            out int type, out int written));
        Assert.Equal(0x91, type);
        Assert.Equal(
            "1100000000000000" + "22000000" + "08000000" + "81000000" + "0102030405060708",
            Convert.ToHexString(room[..written]));
    }

    /// <summary>128 - 20 = 108 alone; (128 - 40) / 2 = 44 each with the parent.</summary>
    [Theory]
    [InlineData(108, -1, true)]
    [InlineData(109, -1, false)]
    [InlineData(44, 44, true)]
    [InlineData(44, 45, false)]
    [InlineData(128, 128, false)]
    public void What_does_not_fit_MAX_HANDLE_SZ_is_refused(int own, int parent, bool fits)
    {
        byte[] room = new byte[512];
        Assert.Equal(fits, Dialect.V2.Export.TryWrite(
            room, new ExportedNode(1, 2, new(3, new byte[own])), parent >= 0,
            new ExportedNode(4, 5, new(6, new byte[Math.Max(parent, 0)])), out _, out int bytes));
        Assert.Equal(20 + own + (parent < 0 ? 0 : 20 + parent), bytes);
    }

    [Fact]
    public void Both_nodes_come_back_and_with_the_defect_they_do_not()
    {
        Assert.True(DialectList.TryCreate(
            "v2", new() { Defects = [DialectDefect.V2ExportFixedSize] }, out Dialect? bad, out _));
        Assert.True(ComesBack(Dialect.V2));
        Assert.False(ComesBack(bad));
    }

    [Theory]
    [InlineData(0x90, 28)]
    [InlineData(0x91, 27)]
    [InlineData(0x91, 29)]
    [InlineData(0x91, 19)]
    [InlineData(0x91, 0)]
    [InlineData(0x92, 28)]
    public void Another_type_and_another_length_are_refused(int type, int bytes)
    {
        byte[] room = new byte[64];
        NodeExport export = Dialect.V2.Export;
        Assert.True(export.TryWrite(
            room, new ExportedNode(1, 2, new(3, Handle)), false, default, out _, out int written));
        Assert.Equal(28, written);
        Assert.True(export.TryRead(room.AsSpan(0, 28), 0x91, out _, out _));
        Assert.False(export.TryRead(room.AsSpan(0, bytes), type, out _, out _));
    }

    private static bool ComesBack(Dialect dialect)
    {
        byte[] room = new byte[FuseConstants.MAX_HANDLE_SZ];
        NodeExport export = dialect.Export;
        Assert.True(export.TryWrite(
            room, new ExportedNode(0x11, 0x22, new(0x81, Handle)), true,
            new ExportedNode(0x33, 0x44, new(0x82, Handle.AsSpan()[..4])),
            out int type, out int written));
        return export.TryRead(
                room.AsSpan(0, written), type, out ExportedNode node, out ExportedNode parent)
            && (node.NodeId, node.Generation, node.Handle.Type) == (0x11, 0x22, 0x81)
            && node.Handle.Bytes.SequenceEqual(Handle)
            && (parent.NodeId, parent.Generation, parent.Handle.Type) == (0x33, 0x44, 0x82)
            && parent.Handle.Bytes.SequenceEqual(Handle.AsSpan()[..4]);
    }
}
