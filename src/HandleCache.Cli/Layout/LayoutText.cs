using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab.Memory;
using HandleCache.Model;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Layout;

/// <summary>`layout` as text: the struct, its cost, and the step table where asked.</summary>
internal static class LayoutText
{
    public static string Of(LayoutRequest request, LayoutResult result)
    {
        if (result.Lengths.Count > 0 || result.Matrix.Count > 0)
            return LayoutTables.Of(request, result);
        StringBuilder text = new(StructText.Of(result.Layout));
        if (request.InlineBytes is { } inline)
        {
            text.Append('\n');
            TextTable.Paragraph(text, SlotLine(request, result, inline), 2);
        }

        if (result.Cost is not null)
            Costs(text, request, result);
        if (result.Steps.Count > 0)
            Steps(text, request, result);
        return text.ToString();
    }

    private static string SlotLine(LayoutRequest request, LayoutResult result, int inline)
    {
        StructMember slot = result.Layout.Members.Single(m => m.Added);
        HandleSlotLayout layout = new(request.Header, inline, false, true);
        int buffer = layout.BufferBytes(slot.OffsetBytes);
        string more = buffer > inline
            ? string.Create(CultureInfo.InvariantCulture,
                $" (buffer of {buffer}, for it must hold the reference too)")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"+ handle slot: header {request.Header.Name} ({request.Header.SizeBytes} bytes) at "
            + $"{slot.OffsetBytes}, inline {inline}{more}, reference to an external buffer at "
            + $"{layout.ReferenceOffset(slot.OffsetBytes)}, placed {request.Placement}.");
    }

    private static void Costs(StringBuilder text, LayoutRequest request, LayoutResult result)
    {
        ObjectCost today = result.TodayCost!.Value;
        ObjectCost now = result.Cost!.Value;
        double forget = result.ForgetLink!.Value.TotalBytes;
        bool added = request.InlineBytes is not null;
        text.Append('\n');
        TextTable.Paragraph(text, SlabRenderer.KernelLine(result.Kernel), 2);
        TextTable.Paragraph(
            text,
            $"Struct {(result.LayoutHow == ProfileSource.Measured ? "measured (BTF)" : "derived")}"
            + ", slab and cost derived; bytes.",
            2);
        text.Append(CultureInfo.InvariantCulture,
            $"\n{"",-22}{"today",10}{(added ? "with slot" : ""),12}\n");
        void Whole(string name, long before, long after) =>
            text.Append(Line(name, TextTable.Number(before), added, TextTable.Number(after), ""));
        void Part(string name, double before, double after, string note) =>
            text.Append(Line(name, TextTable.Bytes(before), added, TextTable.Bytes(after), note));

        Whole("sizeof", result.Today.SizeBytes, result.Layout.SizeBytes);
        Whole("slot", today.Geometry.SlotBytes, now.Geometry.SlotBytes);
        Whole("free tail", today.Geometry.FreeTailBytes, now.Geometry.FreeTailBytes);
        Whole("order", today.Geometry.Order, now.Geometry.Order);
        Whole("objects per slab", today.Geometry.ObjectsPerSlab, now.Geometry.ObjectsPerSlab);
        Part("slab pages", today.PagesBytes, now.PagesBytes, "");
        Part("memcg vector", today.VectorBytes, now.VectorBytes,
            SlabRenderer.VectorReason(result.Kernel, now.Vector));
        Part("forget link", forget, forget, ForgetNote(result));
        Part("per inode", today.TotalBytes + forget, now.TotalBytes + forget, "");
        if (added)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{"difference",-22}{"",10}{TextTable.Difference(result.DeltaBytes),12}\n");
        }
    }

    private static string ForgetNote(LayoutResult result)
    {
        int bytes = result.Kernel.ForgetLinkBytes;
        int served = Kmalloc.ClassBytes(bytes, result.Kernel.PageBytes);
        string cache = Kmalloc.CacheName(result.Kernel, served, KmallocType.Cgroup);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes} bytes in {cache}");
    }

    private static void Steps(StringBuilder text, LayoutRequest request, LayoutResult result)
    {
        text.Append('\n');
        TextTable.Paragraph(
            text,
            $"Steps of inline length, header {request.Header.Name}, placed {request.Placement}; "
            + "bytes per inode, derived, without forget link:",
            2);
        text.Append("\n  inline sizeof  slot objs    bytes    delta  why\n");
        foreach (InodeStep step in result.Steps)
        {
            string range = string.Create(
                CultureInfo.InvariantCulture, $"{step.FromInlineBytes}-{step.ToInlineBytes}");
            SlabGeometry g = step.Inode.Geometry;
            string head = string.Create(
                CultureInfo.InvariantCulture,
                $"{range,8} {step.SizeofBytes,6} {g.SlotBytes,5} {g.ObjectsPerSlab,4}"
                + $"{TextTable.Bytes(step.Inode.TotalBytes),9}"
                + $"{TextTable.Difference(step.DeltaBytes),9}  ");
            text.Append(head);
            AppendWrapped(text, step.Reason, head.Length);
        }
    }

    private static void AppendWrapped(StringBuilder text, string reason, int indent)
    {
        string[] parts = reason.Split(", ");
        int column = indent;
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i] + (i < parts.Length - 1 ? "," : "");
            if (i > 0 && column + 1 + part.Length > TextTable.Columns)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }
            else if (i > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(part);
            column += part.Length;
        }

        text.Append('\n');
    }

    private static string Line(string name, string before, bool added, string after, string note) =>
        $"{name,-22}{before,10}{(added ? after : ""),12}  {note}".TrimEnd() + "\n";
}
