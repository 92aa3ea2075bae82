using HandleCache.Lab.Guests;

namespace HandleCache.Cli.Kernels;

/// <summary>`kernels` as one document.</summary>
internal sealed record KernelsDocument(
    int SchemaVersion, string Verdict, KernelsDocument.KernelChoices Options,
    IReadOnlyList<KernelsDocument.KernelCell> Rows)
{
    public static KernelsDocument Of(KernelLabResult result) => new(
        JsonOutput.SchemaVersion,
        result.Verdict,
        new KernelChoices(
            result.Options.Versions, result.Options.Cpus, result.Options.Scripts,
            result.Options.Kills, result.Options.Seed, result.Options.Append),
        [.. result.Rows.Select(row => new KernelCell(
            row.Kernel, row.Release, row.Check, KernelsText.Word(row.Verdict), row.Detail,
            row.Command))]);

    internal sealed record KernelChoices(
        IReadOnlyList<string> Kernels, int Cpus, int Scripts, int Kills, ulong Seed,
        string Append);

    internal sealed record KernelCell(
        string Kernel, string Release, string Check, string Verdict, string Detail,
        string Command);
}
