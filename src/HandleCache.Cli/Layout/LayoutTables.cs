using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab.Memory;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>`layout` as a table: inline lengths beside each other, or configurations.</summary>
internal static class LayoutTables
{
    public static string Of(LayoutRequest request, LayoutResult result)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, SlabRenderer.KernelLine(result.Kernel), 2);
        if (result.Lengths.Count > 0)
            Lengths(text, request, result);
        if (result.Matrix.Count > 0)
            Matrix(text, request, result);
        return text.ToString();
    }

    private static void Lengths(StringBuilder text, LayoutRequest request, LayoutResult result)
    {
        double forget = result.ForgetLink!.Value.TotalBytes;
        TextTable.Paragraph(
            text,
            $"Header {request.Header.Name}, placed {request.Placement}; bytes per inode, derived, "
            + "with forget link.",
            2);
        text.Append("\n  inline  at sizeof  slot  tail order objs    bytes    delta\n");
        Line(text, "none", "", result.Today, result.TodayCost!.Value, forget, "");
        foreach (LengthRow row in result.Lengths)
        {
            Line(
                text, TextTable.Number(row.InlineBytes), TextTable.Number(row.OffsetBytes),
                row.Layout, row.Cost, forget, TextTable.Difference(row.DeltaBytes));
        }
    }

    private static void Line(
        StringBuilder text, string inline, string offset, StructLayout layout, ObjectCost cost,
        double forget, string delta)
    {
        SlabGeometry g = cost.Geometry;
        text.Append(string.Create(
            CultureInfo.InvariantCulture,
            $"{inline,8}{offset,4}{layout.SizeBytes,7}{g.SlotBytes,6}{g.FreeTailBytes,6}"
            + $"{g.Order,6}{g.ObjectsPerSlab,5}{TextTable.Bytes(cost.TotalBytes + forget),9}"
            + $"{delta,9}").TrimEnd()).Append('\n');
    }

    private static void Matrix(StringBuilder text, LayoutRequest request, LayoutResult result)
    {
        TextTable.Paragraph(
            text,
            $"A slot of {request.InlineBytes} inline bytes, header {request.Header.Name}, placed "
            + $"{request.Placement}, as the kernel may be configured: bytes per inode more than "
            + "without the slot, derived, by CPUs present. DAX is CONFIG_FUSE_DAX, PASS "
            + "CONFIG_FUSE_PASSTHROUGH, * the configuration of the kernel itself.",
            2);
        text.Append("\n  DAX PASS memcg sizeof  slot");
        MatrixRow[] first = [.. result.Matrix.TakeWhile(
            r => (r.Dax, r.Passthrough, r.Memcg) == (
                result.Matrix[0].Dax, result.Matrix[0].Passthrough, result.Matrix[0].Memcg))];
        foreach (MatrixRow row in first)
            text.Append($"{TextTable.Number(row.Cpus),8}");
        text.Append('\n');
        foreach (MatrixRow[] rows in result.Matrix.Chunk(first.Length))
        {
            MatrixRow row = rows[0];
            text.Append(string.Create(
                CultureInfo.InvariantCulture,
                $"{(row.IsOwn ? '*' : ' ')}{Is(row.Dax),4}{Is(row.Passthrough),5}"
                + $"{(row.Memcg ? "on" : "off"),6}{row.SizeofBytes,7}"
                + $"{row.Today.Geometry.SlotBytes,6}"));
            foreach (MatrixRow cell in rows)
                text.Append($"{TextTable.Difference(cell.DeltaBytes),8}");
            text.Append('\n');
        }
    }

    private static string Is(bool there) => there ? "yes" : "no";
}
