using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Report;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Designs;

namespace HandleCache.Cli.Design;

/// <summary>`design --html`: the page of the terminal with its tables as tables.</summary>
internal static class DesignHtml
{
    public static string Of(DesignRequest request, DesignResult result)
    {
        HtmlPage page = new HtmlPage()
            .Heading(1, DesignText.Title(result))
            .Text(DesignText.Answer(result), "answer")
            .Heading(2, "As it would stand in fuse_i.h")
            .Command(DesignPatch.InMemory(result.Design.Storage, result.Costs[0].Kernel))
            .Heading(2, "Memory, bytes per inode (derived)");
        foreach (KernelCost cost in result.Costs)
            Memory(page, cost);
        Search(page, result);
        foreach (CompareTable.Group group in DesignText.Groups(result))
        {
            page.Heading(3, group.Title).Table(
                ["", .. result.Rows.Select(r => r.Name)],
                group.Lines.Select(l => (IReadOnlyList<string>)[l.Name, .. l.Cells]));
        }

        page.Heading(2, "What the thread asks").Table(
            ["", "question", "answer"],
            result.Questions.Select(q => (IReadOnlyList<string>)[q.Id, q.Question, q.Answer]),
            null, 1, 2);
        page.Heading(2, "Rules it breaks").Table(
            ["item", "rule", "setting", "shown by", "with it", "without"],
            result.Findings.Select(f => (IReadOnlyList<string>)
            [
                f.Item > 0 ? f.Item.ToString(CultureInfo.InvariantCulture) : "-",
                $"{f.Name}: {f.Description}", f.Setting, DesignText.History(f), f.With,
                f.Without,
            ]), null, 1, 3, 4, 5);
        return page.Text(DesignText.Safety(result.Safety))
            .Command(DesignText.Repeat(request))
            .Render(DesignText.Title(result));
    }

    private static void Search(HtmlPage page, DesignResult result)
    {
        if (result.Costs[0].Indexes.Count == 0)
            return;
        page.Heading(3, "Finding an inode by its handle, bytes per inode (derived)").Table(
            ["kernel", "index", "in the inode", "slot", "objects", "delta", "least table",
                "most table"],
            result.Costs.SelectMany(c => c.Indexes.Select(i => (IReadOnlyList<string>)
            [
                c.Kernel.Name, i.Index.ToString(), TextTable.Number(i.Index.NodeBytes),
                TextTable.Number(i.SlotBytes), TextTable.Number(i.ObjectsPerSlab),
                TextTable.Difference(i.DeltaBytes), TextTable.Bytes(i.LeastTableBytes),
                TextTable.Bytes(i.MostTableBytes),
            ])), null, 1).Text(DesignText.SearchSentence(result));
    }

    private static void Memory(HtmlPage page, KernelCost cost) => page
        .Text(SlabRenderer.KernelLine(cost.Kernel) + string.Create(
            CultureInfo.InvariantCulture, $"; without a handle {cost.TodayBytes:F2}"), "note")
        .Table(
            ["design", "stored as", "sizeof", "slot", "objects", "delta", "spilled", "refused",
                "free inline"],
            cost.Designs.Select(d => (IReadOnlyList<string>)
            [
                d.Design, d.Strategy.ToString(), TextTable.Number(d.Layout.SizeBytes),
                TextTable.Number(d.Geometry.SlotBytes),
                TextTable.Number(d.Geometry.ObjectsPerSlab),
                TextTable.Difference(d.DeltaBytes), SweepAnswer.Percent(d.SpilledShare),
                SweepAnswer.Percent(d.RefusedShare),
                d.FreeInlineBytes is { } n ? $"<={n}" : "-",
            ]));
}
