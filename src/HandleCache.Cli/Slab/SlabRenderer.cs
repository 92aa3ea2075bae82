using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Lab.Kernels;
using HandleCache.Lab.Memory;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Slab;

/// <summary>`slab` as text and as JSON.</summary>
internal static class SlabRenderer
{
    private const int MaxNamesShown = 20;

    public static string ToText(SlabResult result)
    {
        KernelProfile kernel = result.Kernel;
        SlabObject given = result.SlabObject;
        SlabGeometry g = result.Cost.Geometry;
        StringBuilder text = new();
        TextTable.Paragraph(text, KernelLine(kernel), 2);
        text.Append('\n');
        Row(text, "object", given.ObjectBytes, "given");
        Row(text, "alignment", g.AlignBytes, AlignReason(kernel, given, g));
        Row(text, "object in whole words", g.AlignedObjectBytes, "");
        Row(text, "with free pointer", g.PayloadBytes, FreePointerReason(g));
        Row(text, "slot", g.SlotBytes, "the next multiple of the alignment");
        Row(text, "free tail", g.FreeTailBytes, "the object may grow so far for nothing");
        Row(text, "objects wanted", g.Search.MinObjects, WantedReason(kernel, g.Search));
        Row(text, "first order tried", g.Search.FirstOrder, "the least that holds them");
        Row(text, "order", g.Order, OrderReason(g));
        Row(text, "slab", g.SlabBytes, "");
        Row(text, "objects per slab", g.ObjectsPerSlab, "");
        Row(text, "leftover per slab", g.LeftoverBytes, "");
        text.Append('\n');
        Cost(text, "slab pages per object", result.Cost.PagesBytes, "");
        Cost(text, "memcg vector per object", result.Cost.VectorBytes,
            VectorReason(kernel, result.Cost.Vector));
        Cost(text, "bytes per object", result.Cost.TotalBytes, "derived");
        Row(text, "charged to the cgroup", result.Cost.ChargeBytes(kernel), "");
        return text.ToString();
    }

    public static string ToText(SlabVerifyResult result)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, KernelLine(result.Kernel), 2);
        text.Append(CultureInfo.InvariantCulture,
            $"{result.Rows.Count} caches (and {result.Aliases} aliases) measured in sysfs, ");
        text.Append(CultureInfo.InvariantCulture,
            $"{result.Exact} derived exactly,\n{result.Mismatches.Count} not.\n");
        text.Append("Compared: slot, order, objects per slab. Alignment is taken from sysfs.\n");
        Group(text, "Exact with a free pointer in a named field assumed", result.Flagged);
        Group(text, "Not exact", result.Mismatches);
        return text.ToString();
    }

    public static string KernelLine(KernelProfile kernel) => string.Create(
        CultureInfo.InvariantCulture,
        $"Kernel {NameOf(kernel)}, {kernel.PresentCpus} CPUs present, "
        + $"pages of {kernel.PageBytes}, memcg {(kernel.Memcg ? "on" : "off")}")
        + (kernel.Assumed.Count == 0 ? "" : $"; assumed: {string.Join(", ", kernel.Assumed)}");

    /// <summary>The kernel as a sentence names it: 6.18, or the running one's release.</summary>
    public static string NameOf(KernelProfile kernel) =>
        kernel.Name == kernel.Release ? kernel.Name
        : kernel.Name == KernelProfiles.RunningName ? $"{kernel.Release} (running)"
        : $"{kernel.Name} ({kernel.Release})";

    public static string VectorReason(KernelProfile kernel, MemcgVector vector) =>
        vector.Placement switch
        {
            VectorPlacement.Leftover => $"{vector.VectorBytes} bytes in the slab's leftover",
            VectorPlacement.Padding => "in each object's padding",
            VectorPlacement.Kmalloc => $"{vector.VectorBytes} bytes in "
                + Kmalloc.CacheName(kernel, vector.KmallocClassBytes, KmallocType.Normal),
            _ => "none",
        };

    private static void Group(StringBuilder text, string title, IReadOnlyList<SlabVerifyRow> rows)
    {
        if (rows.Count == 0)
            return;
        text.Append(CultureInfo.InvariantCulture, $"\n{title}: {rows.Count}\n");
        foreach (SlabVerifyRow row in rows.Take(MaxNamesShown))
        {
            TextTable.Paragraph(
                text,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {row.Name}: object {row.ObjectSize}; measured slot "
                    + $"{row.Measured.SlabSize}, order {row.Measured.Order}, "
                    + $"{row.Measured.ObjectsPerSlab} objects; derived {row.Derived.SlabSize}, "
                    + $"{row.Derived.Order}, {row.Derived.ObjectsPerSlab}: {row.Reason}"),
                4);
        }

        if (rows.Count > MaxNamesShown)
            text.Append(CultureInfo.InvariantCulture, $"  and {rows.Count - MaxNamesShown} more\n");
    }

    private static void Row(StringBuilder text, string name, long value, string reason) =>
        text.Append(Line(name, TextTable.Number(value), reason));

    private static void Cost(StringBuilder text, string name, double value, string reason) =>
        text.Append(Line(name, TextTable.Bytes(value), reason));

    private static string Line(string name, string value, string reason) =>
        $"{name,-24}{value,10}  {reason}".TrimEnd() + "\n";

    private static string AlignReason(KernelProfile kernel, SlabObject given, SlabGeometry g)
    {
        if (given.HwCacheAlign && g.AlignBytes > given.AlignBytes)
        {
            return g.AlignBytes == kernel.CacheLineBytes
                ? "a cache line"
                : "the part of a cache line that holds it";
        }

        return given.AlignBytes >= SlabGeometry.WordBytes ? "given" : "a word";
    }

    private static string FreePointerReason(SlabGeometry g) => g.FreePointer switch
    {
        FreePointerPlace.After => g.SlabObject.Ctor
            ? "8 behind it: the constructor's work stays"
            : "8 behind it: RCU readers may still look",
        FreePointerPlace.Given => "in the field that is named for it",
        _ => "in the object's middle, costs nothing",
    };

    private static string WantedReason(KernelProfile kernel, SlabOrder search)
    {
        if (kernel.SlabMinObjects != 0)
            return "slab_min_objects";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"for {search.Cpus} CPUs, at most a slab of order {kernel.SlabMaxOrder}");
    }

    private static string OrderReason(SlabGeometry g) => g.Search.Fraction == 0
        ? "the least that holds one object"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"wastes {g.LeftoverBytes}, at most 1/{g.Search.Fraction} of {g.SlabBytes}");
}
