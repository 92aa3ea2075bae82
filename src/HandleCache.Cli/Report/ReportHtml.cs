using System.Globalization;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Survey;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;
using HandleCache.Lab.Survey;
using HandleCache.Lab.Sweep;

namespace HandleCache.Cli.Report;

/// <summary>`report`: sweeps, a comparison and a survey on one page, with their commands.</summary>
internal static class ReportHtml
{
    /// <summary>An experiment with the command that repeats it.</summary>
    public sealed record Run<TRequest, TResult>(
        string Command, TRequest Request, TResult Result);

    public static string Of(
        IReadOnlyList<Run<SweepRequest, SweepResult>> sweeps,
        Run<CompareRequest, CompareResult> comparison,
        Run<SurveyRequest, SurveyResult>? survey, string runningKernel)
    {
        HtmlPage page = new();
        page.Heading(1, "File handles in the FUSE inode cache: what each design costs");
        page.Text(
            "The next FUSE protocol wants the kernel to keep a file handle in every fuse_inode. "
            + "This page says what the ways to store it cost in memory, and what the ways to "
            + "send it cost on the wire. \"derived\" figures come from a model of SLUB and of "
            + "the wire formats; \"measured\" ones from a running kernel.");
        page.Text($"Made on Linux {runningKernel}.", "note");
        Overview(page, sweeps);
        foreach (Run<SweepRequest, SweepResult> sweep in sweeps)
            Sweep(page, sweep);
        Comparison(page, comparison);
        if (survey is not null)
            Survey(page, survey);
        return page.Render("File handles in the FUSE inode cache");
    }

    private static void Overview(
        HtmlPage page, IReadOnlyList<Run<SweepRequest, SweepResult>> sweeps)
    {
        page.Heading(2, "The answer: the cheapest storage that serves every handle");
        page.Table(
            ["handles", "kernel", "CPUs", "best", "bytes per inode", "against today",
                "in a buffer", "inline:12", "static:128"],
            sweeps.Select(s => (IReadOnlyList<string>)
            [
                s.Result.Mix.Name, s.Result.Kernel.Name,
                TextTable.Number(s.Result.Kernel.PresentCpus),
                s.Result.Best.Strategy.ToString(),
                TextTable.Bytes(s.Result.Best.BytesPerInode),
                TextTable.Difference(s.Result.Best.DeltaBytes),
                SweepAnswer.Percent(s.Result.Best.SpilledShare),
                DeltaOf(s.Result, "inline:12"), DeltaOf(s.Result, "static:128"),
            ]));
        page.Text(
            "All figures derived, in bytes of kernel memory per inode: slab pages, memcg "
            + "vector, spill slab and its vector, forget link. The last two columns are "
            + "differences from today: fanotify's inline length, and the fixed handle[128].",
            "note");
    }

    private static string DeltaOf(SweepResult result, string strategy)
    {
        SweepRow? row = result.Rows.FirstOrDefault(r => r.Strategy.ToString() == strategy);
        return row is null ? "-" : TextTable.Difference(row.DeltaBytes);
    }

    private static void Sweep(HtmlPage page, Run<SweepRequest, SweepResult> run)
    {
        SweepResult result = run.Result;
        page.Heading(2, $"Memory: {result.Mix.Name} on {result.Kernel.Name}");
        page.Text(SweepAnswer.Of(run.Request, result), "answer");
        page.Text($"Mix ({result.Mix.How}): {result.Mix.Origin}.", "note");
        page.Picture(ReportSvg.Of(SweepPlot.Of(result)),
            "Bytes per inode by inline length (derived). A line begins where the strategy "
            + "serves the whole mix.");
        page.Fold("Every strategy");
        IReadOnlyList<SweepRange> ranges = SweepRange.Of(result.Rows);
        page.Table(
            ["strategy", "slot", "bytes", "delta", "spilled", "refused", "allocations"],
            ranges.Select(range => (IReadOnlyList<string>)
            [
                range.Name, TextTable.Number(range.First.SlotBytes),
                TextTable.Bytes(range.First.BytesPerInode),
                TextTable.Difference(range.First.DeltaBytes),
                SweepAnswer.Percent(range.First.SpilledShare),
                SweepAnswer.Percent(range.First.RefusedShare),
                range.First.AllocationsPerInode.ToString("F2", CultureInfo.InvariantCulture),
            ]),
            number => ranges[number].Holds(result.Best.Strategy));
        page.Table(
            ["inline bytes", "sizeof", "bytes", "delta", "why"],
            result.Steps.Select(step => (IReadOnlyList<string>)
            [
                $"{step.FromInlineBytes}-{step.ToInlineBytes}",
                TextTable.Number(step.SizeofBytes),
                TextTable.Bytes(SweepText.BytesOf(result, step)),
                TextTable.Difference(step.DeltaBytes), step.Reason,
            ]), null, 4);
        page.EndFold();
        page.Command(run.Command);
    }

    private static void Comparison(HtmlPage page, Run<CompareRequest, CompareResult> run)
    {
        CompareResult result = run.Result;
        page.Heading(2, $"Wire: the proposals side by side, {result.Mix.Name}");
        page.Text(CompareText.Answer(result), "answer");
        page.Picture(ReportSvg.Of(ComparePlot.Of(result)),
            "One LOOKUP (derived, by writing the messages with each dialect's codec).");
        foreach (CompareTable.Group group in CompareTable.Of(run.Request, result))
        {
            page.Heading(3, group.Title);
            page.Table(
                ["", .. result.Rows.Select(row => row.Name)],
                group.Lines.Select(line => (IReadOnlyList<string>)[line.Name, .. line.Cells]));
        }

        page.Heading(3, "What the thread asks");
        page.Table(
            ["", "question", "answer", "how"],
            result.Questions.Select(row => (IReadOnlyList<string>)
                [row.Id, row.Question, row.Answer, row.How]), null, 1, 2);
        page.Heading(3, "Known defects of the proposals, run with and without");
        page.Table(
            ["defect", "what goes wrong", "shown by", "with it", "without"],
            result.Defects.Select(row => (IReadOnlyList<string>)
                [row.Name, row.Description, row.Sequence, row.With, row.Without]),
            null, 0, 1, 2, 3, 4);
        page.Command(run.Command);
    }

    private static void Survey(HtmlPage page, Run<SurveyRequest, SurveyResult> run)
    {
        page.Heading(2, "Handles of real trees");
        page.Text(SurveyText.Answer(run.Result), "answer");
        if (run.Result.Lengths.Count > 0)
        {
            page.Picture(ReportSvg.Of(SurveyPlot.Of(run.Request, run.Result)),
                "Share of the objects by handle length (measured).");
        }

        page.Table(
            ["file system", "device", "type", "bytes", "objects"],
            run.Result.FileSystems.SelectMany(system => system.Lengths.Select(row =>
                (IReadOnlyList<string>)
                [
                    system.Type, system.Device, $"0x{row.Type:x}", TextTable.Number(row.Bytes),
                    TextTable.Number(row.Count),
                ])));
        page.Command(run.Command);
    }
}
