using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Sweep;

/// <summary>The answer of `sweep` in one or two sentences.</summary>
internal static class SweepAnswer
{
    public static string Of(SweepRequest request, SweepResult result)
    {
        SweepRow best = result.Best;
        string cost = best.DeltaBytes < 0.005
            ? "as much as today"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{TextTable.Difference(best.DeltaBytes)} "
                + $"({Percent(best.DeltaBytes / result.Today.BytesPerInode)}) against today");
        SweepRange? same = SameCost(result);
        string head = string.Create(
            CultureInfo.InvariantCulture,
            $"Best for {result.Mix.Name} on {SlabRenderer.NameOf(result.Kernel)}, "
            + $"{result.Kernel.PresentCpus} CPUs: {best.Strategy}, "
            + $"{TextTable.Bytes(best.BytesPerInode)} bytes per inode, "
            + $"{cost} (derived), because {Reason(result)}.");
        string[] sentences =
            [head, Room(same), Unasked(result), Refuses(request, result)];
        return string.Join(' ', sentences.Where(s => s.Length > 0));
    }

    public static string Percent(double share) => string.Create(
        CultureInfo.InvariantCulture, $"{100 * share:0.##}%");

    private static string Reason(SweepResult result)
    {
        SweepRow best = result.Best;
        string slot = best.SlotBytes == result.Today.SlotBytes
            ? $"the slot stays at {best.SlotBytes} bytes"
            : $"the slot grows only from {result.Today.SlotBytes} to {best.SlotBytes} bytes";
        if (best.SpilledShare >= 1e-9)
            return $"{Spilled(result)} and {slot}";
        return best.RefusedShare < 1e-9
            ? $"every handle of the mix fits inline and {slot}"
            : $"what it takes fits inline and {slot}";
    }

    /// <summary>Buffers beside room in every inode, by what both cost.</summary>
    private static string Spilled(SweepResult result)
    {
        SweepRow inline = result.AllInline;
        string share = Percent(result.Best.SpilledShare);
        string cost = $"{inline.Strategy} ({TextTable.Difference(inline.DeltaBytes)})";
        return result.Best.BytesPerInode < inline.BytesPerInode - 0.005
            ? $"a buffer for {share} of the handles costs less than {cost}"
            : $"nothing that was asked for is cheaper (a buffer for {share} of the handles "
                + $"costs no less than {cost})";
    }

    /// <summary>What would have been cheaper, where only some strategies were asked for.</summary>
    private static string Unasked(SweepResult result)
    {
        SweepRow all = result.BestOfAll;
        return all.BytesPerInode < result.Best.BytesPerInode - 0.005
            ? $"Not asked for, and cheaper: {all.Strategy}, "
                + $"{TextTable.Difference(all.DeltaBytes)}."
            : "";
    }

    /// <summary>The lengths that cost what the best does; null where it is the only one.</summary>
    public static SweepRange? SameCost(SweepResult result) =>
        SweepRange.Of(result.Rows).FirstOrDefault(r => r.Holds(result.Best.Strategy)
            && r.First != r.Last
            && Math.Abs(r.First.BytesPerInode - result.Best.BytesPerInode) < 0.005);

    private static string Room(SweepRange? same) => same is null
        ? ""
        : $"Every length of {same.Name} costs the same; the longest has the most room.";

    private static string Refuses(SweepRequest request, SweepResult result)
    {
        if (result.Best.RefusedShare < 1e-9)
            return "";
        string share = Percent(result.Best.RefusedShare);
        return result.BestRefuses
            ? $"It refuses {share} of the mix; no strategy that was compared refuses less."
            : $"It refuses {share} of the mix, which --allow-refused "
                + $"{Percent(request.AllowedRefusedShare)} permits.";
    }

    /// <summary>What a strategy is, for readers who know only the thread.</summary>
    public static string Meaning(HandleStrategyKind kind) => kind switch
    {
        HandleStrategyKind.None => "today, no handle",
        HandleStrategyKind.Inline => "N bytes in the inode, longer handles in kmalloc",
        HandleStrategyKind.InlineCache => "N bytes in the inode, longer ones in one own cache",
        HandleStrategyKind.InlineOnly => "N bytes in the inode, longer handles refused",
        HandleStrategyKind.Static => "handle[N] in the inode, longer handles refused",
        HandleStrategyKind.Pointer => "a pointer, kmalloc of the exact length (RFC v3)",
        HandleStrategyKind.PointerMax =>
            "a pointer, kmalloc for N bytes, refused or not (RFC v1/v2)",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
