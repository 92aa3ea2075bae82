using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab.Mixes;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Sweep;

/// <summary>`sweep` as text: the answer, the table, the steps.</summary>
internal static class SweepText
{
    public static string Of(SweepRequest request, SweepResult result)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, SweepAnswer.Of(request, result), 0);
        text.Append('\n');
        Mix(text, result.Mix);
        if (request.Connectable && request.HandlesFile is null)
            TextTable.Paragraph(text, $"Mix {FileSystemMixes.ConnectableRule}.", 2);
        TextTable.Paragraph(text, SlabRenderer.KernelLine(result.Kernel) + ".", 2);
        TextTable.Paragraph(
            text,
            $"Header {request.Header.Name}, placed {request.Placement}; bytes per inode, "
            + "derived, in full slabs: slab pages, memcg vector, spill slab and its vector, "
            + "forget link. Spilled: in a buffer outside the inode. Forget link: the struct "
            + "fuse_forget_link that is allocated with each inode. Alloc: allocations for a "
            + "new inode, namely itself, its forget link, its buffer. A refused object counts "
            + "as an inode without handle. "
            + (request.SpillType == KmallocType.Cgroup
                ? "External buffers are accounted, as an inode is; `compare` has those of a "
                    + "proposal as it was posted (RFC v3: not accounted, --unaccounted)."
                : "External buffers are not accounted to a memory cgroup."),
            2);
        if (request.Index.Kind != HandleIndexKind.None)
        {
            (double least, double most) = request.Index.TableBytes;
            TextTable.Paragraph(
                text,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Index by handle: {request.Index}, {request.Index.NodeBytes} bytes of "
                    + $"every row's struct; its table, {TextTable.Bytes(least)} to "
                    + $"{TextTable.Bytes(most)} bytes per inode, is not in the figures."),
                2);
        }

        text.Append('\n');
        Table(text, request, result);
        Steps(text, result);
        Checks(text, result);
        return text.ToString();
    }

    public static void Mix(StringBuilder text, HandleMix mix)
    {
        IEnumerable<string> parts = mix.Lengths.Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{row.Bytes} bytes (0x{row.Type:x}) {SweepAnswer.Percent(row.Share)}"));
        TextTable.Paragraph(text, $"Mix {mix.Name} ({mix.How}): {string.Join(", ", parts)}.", 2);
    }

    private static void Table(StringBuilder text, SweepRequest request, SweepResult result)
    {
        string totals = request.Inodes is null ? "" : "     total";
        text.Append(CultureInfo.InvariantCulture,
            $"{"strategy",-24} slot    bytes   delta spilled refused alloc{totals}\n");
        HandleStrategyKind? kind = null;
        foreach (SweepRange range in SweepRange.Of(result.Rows))
        {
            if (kind != range.First.Strategy.Kind)
            {
                kind = range.First.Strategy.Kind;
                text.Append(CultureInfo.InvariantCulture,
                    $"  -- {SweepAnswer.Meaning(kind.Value)}\n");
            }

            text.Append(Line(request, range, Mark(range, result)));
        }
    }

    private static string Mark(SweepRange range, SweepResult result)
    {
        SweepRow row = range.First;
        SweepRow best = result.Best;
        bool isNone = row.Strategy.Kind == HandleStrategyKind.None;
        return range.Holds(best.Strategy) ? " *"
            : !isNone && row.RefusedShare <= best.RefusedShare + 1e-9
                && Math.Abs(row.BytesPerInode - best.BytesPerInode) < 0.005 ? " ="
            : "";
    }

    private static string Line(SweepRequest request, SweepRange range, string mark)
    {
        SweepRow row = range.First;
        string total = request.Inodes is { } inodes
            ? $"{Size(inodes * row.BytesPerInode),10}"
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{range.Name,-24}{row.SlotBytes,5}{TextTable.Bytes(row.BytesPerInode),9}"
            + $"{TextTable.Difference(row.DeltaBytes),8}{Short(row.SpilledShare),8}"
            + $"{Short(row.RefusedShare),8}{row.AllocationsPerInode,6:F2}{total}"
            + $"{mark}\n");
    }

    /// <summary>Bytes in the unit of three digits, binary.</summary>
    public static string Size(double bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:F2} {units[unit]}");
    }

    private static string Short(double share) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * share:F1}%");

    private static void Steps(StringBuilder text, SweepResult result)
    {
        text.Append("* the best; = costs the same and refuses no more of this mix.\n\n");
        TextTable.Paragraph(
            text,
            "Steps: without spill an inode costs more at these inline lengths only (derived; "
            + "sizeof at the first of each, a slot also holds SLUB's free pointer):",
            2);
        foreach (InodeStep step in result.Steps)
        {
            string range = string.Create(
                CultureInfo.InvariantCulture, $"{step.FromInlineBytes}-{step.ToInlineBytes}");
            TextTable.Paragraph(
                text,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{range}: sizeof {step.SizeofBytes}, "
                    + $"{TextTable.Bytes(BytesOf(result, step))} bytes, "
                    + $"{TextTable.Difference(step.DeltaBytes)}: {step.Reason}"),
                6,
                2);
        }
    }

    /// <summary>A step's bytes as the table counts them: with the forget link.</summary>
    public static double BytesOf(SweepResult result, InodeStep step) =>
        step.Inode.TotalBytes + result.Today.ForgetLinkBytes;

    private static void Checks(StringBuilder text, SweepResult result)
    {
        if (result.Checks.Count == 0)
            return;
        text.Append("\nClosed form against a simulated population, slab by slab:\n");
        foreach (SweepCheck check in result.Checks)
        {
            TextTable.Paragraph(
                text,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{check.Row.Strategy}: {check.Simulated.Inodes} inodes simulated, "
                    + $"{TextTable.Bytes(check.Simulated.BytesPerInode)} bytes per inode, "
                    + $"derived {TextTable.Bytes(check.Row.BytesPerInode)}: "
                    + $"{100 * check.Difference:+0.0000;-0.0000;0}%"
                    + $"{(check.Holds ? "" : ", DISAGREES")}"),
                6,
                2);
        }
    }
}
