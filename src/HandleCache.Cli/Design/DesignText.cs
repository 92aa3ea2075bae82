using System.Globalization;
using System.Text;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Designs;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Design;

/// <summary>`design` as a page of 80 columns that can be pasted into a mail.</summary>
internal static class DesignText
{
    private const int NameColumns = 24;
    private const int CellColumns = 11;

    public static string Of(DesignResult result)
    {
        StringBuilder text = new();
        TextTable.Paragraph(text, Title(result), 0);
        text.Append('\n');
        TextTable.Paragraph(text, Answer(result), 0);
        text.Append("\nAs it would stand in fuse_i.h\n\n");
        text.Append(Expanded(
            DesignPatch.InMemory(result.Design.Storage, result.Costs[0].Kernel)));
        text.Append("\nMemory, bytes per inode (derived, in full slabs)\n");
        SweepText.Mix(text, result.Mix);
        foreach (KernelCost cost in result.Costs)
            Memory(text, cost);
        Search(text, result);
        foreach (CompareTable.Group group in Groups(result))
            Table(text, result, group);
        text.Append("\nWhat the thread asks\n");
        foreach (QuestionRow row in result.Questions)
            TextTable.Paragraph(text, $"{row.Id} {row.Question} {row.Answer}.", 6, 2);
        Findings(text, result);
        return text.ToString();
    }

    public static string Title(DesignResult result) => result.Design.Summary.Length > 0
        ? $"Design {result.Design.Name}: {result.Design.Summary}"
        : $"Design {result.Design.Name}";

    /// <summary>The page in two sentences.</summary>
    public static string Answer(DesignResult result)
    {
        StorageCost own = result.Costs[0].Designs[0];
        string costs = string.Join(", ", result.Costs.Select(
            cost => $"{TextTable.Difference(cost.Designs[0].DeltaBytes)} on {cost.Kernel.Name}"));
        DialectRow row = result.Rows[0];
        string broken = result.Findings.Count == 0
            ? "breaks no rule that is looked for"
            : $"breaks {result.Findings.Count} "
                + (result.Findings.Count == 1 ? "rule" : "rules")
                + $" ({string.Join(", ", result.Findings.Select(f => f.Name))})";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"For {result.Mix.Name}, {own.Strategy} costs in bytes per inode {costs}; a LOOKUP "
            + $"reply takes {row.Operations[0].ReplyBytes:0.##} bytes; a restart recovers "
            + $"{SweepAnswer.Percent(row.Restart.RecoveredShare)} of what was open or cached. "
            + $"The design {broken}. {Safety(result.Safety)}");
    }

    /// <summary>What was run to look for a wrong object.</summary>
    public static string Safety(DesignSafety safety)
    {
        string tried = string.Create(
            CultureInfo.InvariantCulture,
            $"all {safety.Histories} histories of at most {safety.MostSteps} steps and "
            + $"{safety.RandomHistories} random ones (seed {safety.Seed})");
        return safety.Unsafe is { } found
            ? $"Of {tried}, this one ends badly: {string.Join("; ", found.Steps)}: "
                + $"{found.Outcome}."
            : $"As it is written, with nodeids that never collide, {tried} end well (derived).";
    }

    /// <summary>The command that gives the same page.</summary>
    public static string Repeat(DesignRequest request)
    {
        List<string> words = ["handlecache", "design", request.Design];
        void Add(string option, string? value)
        {
            if (value is not null)
                words.AddRange([option, value]);
        }

        Add("--against", request.Against.Count > 0 ? string.Join(',', request.Against) : null);
        Add("--btf", request.Btf?.Path);
        Add("--btf-base", request.Btf?.BasePath);
        Add("--kernel", request.Kernels.Count > 0 ? string.Join(',', request.Kernels) : null);
        Add("--cpus", request.Cpus?.ToString(CultureInfo.InvariantCulture));
        Add("--filesystem", request.FileSystem);
        Add("--handles", request.HandlesFile);
        Add("--strategy", request.Strategy?.ToString());
        Add("--histories", request.Histories.ToString(CultureInfo.InvariantCulture));
        Add("--seed", request.Seed.ToString(CultureInfo.InvariantCulture));
        return $"Repeat: {string.Join(' ', words)}";
    }

    /// <summary>The figures of `compare` for the designs, their storage left to the first table.
    /// </summary>
    public static IEnumerable<CompareTable.Group> Groups(DesignResult result) => CompareTable
        .Of(result.Figures, new CompareResult(
            result.Mix, result.Costs[0].Kernel, result.Rows, result.Questions, []));

    /// <summary>How a history reads on one line.</summary>
    public static string History(DesignFinding finding) => finding.NodeIds is { } policy
        ? string.Join("; ", finding.Steps) + policy switch
        {
            NodeIdPolicy.PerLife => "",
            NodeIdPolicy.InodeNumber => " (nodeids are inode numbers)",
            NodeIdPolicy.Counter => " (nodeids are counted from 2 in each life)",
            _ => throw new InvalidOperationException($"unknown policy {policy}"),
        }
        : string.Join("; ", finding.Steps);

    /// <summary>Tabs as spaces, since a mail may not keep them.</summary>
    private static string Expanded(string code)
    {
        StringBuilder text = new();
        int column = 0;
        foreach (char c in code)
        {
            int width = c == '\t' ? 8 - (column % 8) : 1;
            text.Append(c == '\t' ? ' ' : c, width);
            column = c == '\n' ? 0 : column + width;
        }

        return text.ToString();
    }

    private static void Memory(StringBuilder text, KernelCost cost)
    {
        text.Append('\n');
        TextTable.Paragraph(text, SlabRenderer.KernelLine(cost.Kernel), 4, 2);
        text.Append(CultureInfo.InvariantCulture, $"  without a handle {cost.TodayBytes:F2}\n")
            .Append("  design        stored as            ")
            .Append("slot objs    delta spilled refused free\n");
        foreach (StorageCost row in cost.Designs)
        {
            string name = CompareTable.Short(row.Design, 13);
            text.Append(CultureInfo.InvariantCulture, $"  {name,-13} ")
                .Append(CultureInfo.InvariantCulture, $"{row.Strategy,-20} ")
                .Append(CultureInfo.InvariantCulture, $"{row.Geometry.SlotBytes,4} ")
                .Append(CultureInfo.InvariantCulture, $"{row.Geometry.ObjectsPerSlab,4} ")
                .Append(CultureInfo.InvariantCulture,
                    $"{TextTable.Difference(row.DeltaBytes),8} ")
                .Append(CultureInfo.InvariantCulture,
                    $"{SweepAnswer.Percent(row.SpilledShare),7} ")
                .Append(CultureInfo.InvariantCulture,
                    $"{SweepAnswer.Percent(row.RefusedShare),7} ")
                .Append(CultureInfo.InvariantCulture,
                    $"{(row.FreeInlineBytes is { } n ? $"<={n}" : "-"),4}\n");
        }
    }

    /// <summary>What finding inodes by handle costs on each kernel, and what it saves.</summary>
    private static void Search(StringBuilder text, DesignResult result)
    {
        if (result.Costs[0].Indexes.Count == 0)
            return;
        text.Append("\nFinding an inode by its handle, bytes per inode (derived)\n")
            .Append("  kernel        index      in the inode slot objs    delta        table\n");
        foreach (KernelCost cost in result.Costs)
        {
            foreach (IndexCost index in cost.Indexes)
            {
                string table = index.MostTableBytes == 0 ? "there is one" : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{index.LeastTableBytes:0.#}..{index.MostTableBytes:0.#}");
                text.Append(CultureInfo.InvariantCulture,
                        $"  {CompareTable.Short(cost.Kernel.Name, 13),-13} {index.Index,-10} ")
                    .Append(CultureInfo.InvariantCulture, $"{index.Index.NodeBytes,12} ")
                    .Append(CultureInfo.InvariantCulture, $"{index.SlotBytes,4} ")
                    .Append(CultureInfo.InvariantCulture, $"{index.ObjectsPerSlab,4} ")
                    .Append(CultureInfo.InvariantCulture,
                        $"{TextTable.Difference(index.DeltaBytes),8} {table,12}\n");
            }
        }

        TextTable.Paragraph(text, SearchSentence(result), 2);
        TextTable.Paragraph(text, ForgetSentence(result.Design.Wire.ForgetsOne), 2);
    }

    /// <summary>How lookups are taken back, and who notices.</summary>
    private static string ForgetSentence(bool forgetsOne) => forgetsOne
        ? "A FORGET takes 1 back, for an inode's whole life: a server that adds lookups up, as "
            + "today's do, would keep the rest for ever, and one that drops the nodeid at once is "
            + "right. replay shows the first request of a trace where the two differ."
        : "A FORGET takes back all the lookups that the server has counted.";

    /// <summary>Which index the design has, and the messages that one saves.</summary>
    public static string SearchSentence(DesignResult result)
    {
        string own = result.Design.Storage.Index.Kind == HandleIndexKind.None
            ? "The design finds by nodeid."
            : $"The design has {result.Design.Storage.Index}; the delta above counts its link, "
                + "not its table.";
        if (result.Search is not { } traffic)
            return own;
        string names = TextTable.Number(HandleSearch.Names);
        return $"{own} After a restart that numbers nodeids anew, looking up {names} cached names "
            + $"in a directory again takes {Figures(traffic.ByNodeId)} where inodes are found by "
            + $"nodeid, {Figures(traffic.ByHandle)} where by handle (modelled).";
    }

    private static string Figures(SearchFigures figures) => string.Create(
        CultureInfo.InvariantCulture,
        $"{figures.Requests} requests, {figures.Forgets} FORGETs and {figures.InodesMade} new "
        + $"inodes");

    private static void Table(StringBuilder text, DesignResult result, CompareTable.Group group)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{group.Title}\n{"",-NameColumns}");
        foreach (DialectRow row in result.Rows)
        {
            text.Append(CompareTable.Short(row.Name, CellColumns - 1).PadLeft(CellColumns));
        }

        text.Append('\n');
        foreach (CompareTable.Line line in group.Lines.Where(l => l.Name != "stored as"))
        {
            text.Append(CultureInfo.InvariantCulture, $"{line.Name,-NameColumns}");
            foreach (string cell in line.Cells)
                text.Append(CultureInfo.InvariantCulture, $"{cell,CellColumns}");
            text.Append('\n');
        }
    }

    private static void Findings(StringBuilder text, DesignResult result)
    {
        text.Append("\nRules it breaks, each alone, with the shortest history found (derived)\n");
        if (result.Findings.Count == 0)
            text.Append("  none\n");
        foreach (DesignFinding finding in result.Findings)
        {
            string item = finding.Item > 0
                ? finding.Item.ToString(CultureInfo.InvariantCulture)
                : "-";
            string setting = finding.Setting.Length > 0 ? $" [{finding.Setting}]" : "";
            TextTable.Paragraph(
                text, $"{item} {finding.Name}: {finding.Description}{setting}", 6, 2);
            if (finding.Steps.Count == 0)
            {
                TextTable.Paragraph(text, "no history that was tried shows it", 8, 6);
                continue;
            }

            TextTable.Paragraph(text, $"shown by: {History(finding)}", 8, 6);
            TextTable.Paragraph(text, $"with it: {finding.With}", 8, 6);
            TextTable.Paragraph(text, $"without: {finding.Without}", 8, 6);
        }

        TextTable.Paragraph(text, Safety(result.Safety), 2, 2);
    }
}
