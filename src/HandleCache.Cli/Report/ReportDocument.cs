namespace HandleCache.Cli.Report;

/// <summary>What `report` wrote, as one document.</summary>
internal sealed record ReportDocument(
    int SchemaVersion, string How, string Html, int Bytes, ReportDocument.ReportChoices Options,
    IReadOnlyList<string> Answers)
{
    internal sealed record ReportChoices(
        IReadOnlyList<string?> Mixes, IReadOnlyList<string> Kernels);
}
