using HandleCache.Lab.Soak;

namespace HandleCache.Cli.Soak;

/// <summary>`soak --minutes` as one document.</summary>
internal sealed record SoakDocument(
    int SchemaVersion,
    string Verdict,
    int Seed,
    double Seconds,
    string FileSystem,
    string Kernel,
    WatchedResult Watched,
    KeptResult Kept,
    SoakOptions Options)
{
    public static SoakDocument Of(SoakOptions options, SoakResult result) => new(
        JsonOutput.SchemaVersion,
        result.Verdict,
        options.Seed,
        result.Seconds,
        result.FileSystem,
        result.Release,
        result.Watched,
        result.Kept,
        options);
}
