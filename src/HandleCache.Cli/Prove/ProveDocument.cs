using HandleCache.Lab.Prove;

namespace HandleCache.Cli.Prove;

/// <summary>`prove` as one document.</summary>
internal sealed record ProveDocument(
    int SchemaVersion, string Verdict, ProveDocument.ProveChoices Options,
    IReadOnlyList<ProveDocument.ProvedRun> Runs)
{
    public static ProveDocument Of(ProveResult result) => new(
        JsonOutput.SchemaVersion,
        result.Holds ? "match" : "diverge",
        new ProveChoices(
            result.Options.Design, result.Options.FileSystem, result.Options.Files,
            result.Options.Scripts, result.Options.Kills,
            result.Options.Minutes, result.Options.Seed, result.Options.Cpus,
            result.Options.Faults, result.Options.Append),
        [.. result.Runs.Select(run => new ProvedRun(
            run.Kernel, run.Release, run.Strategy, run.Fault, run.Rows))]);

    internal sealed record ProveChoices(
        string Design, string FileSystem, int Files, int Scripts, int Kills, double Minutes,
        ulong Seed, int Cpus, IReadOnlyList<string> Faults, string Append);

    internal sealed record ProvedRun(
        string Kernel, string Release, string Strategy, string Fault,
        IReadOnlyList<ProofRow> Rows);
}
