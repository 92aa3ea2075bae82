using HandleCache.Lab.Restart;
using HandleCache.Server.Keeping;

namespace HandleCache.Cli.Restart;

/// <summary>The JSON document of restart.</summary>
internal sealed class RestartDocument(int schemaVersion, RestartResult result)
{
    public int SchemaVersion { get; } = schemaVersion;

    public string Verdict { get; } = result.Holds ? "holds" : "fails";

    public int Kills { get; } = result.Kills;

    public long Operations { get; } = result.Operations;

    public long Errors { get; } = result.Errors;

    public long WrongObject { get; } = result.WrongObject;

    public long Stale { get; } = result.Stale;

    public long Recovered { get; } = result.Recovered;

    public long Compared { get; } = result.Compared;

    public string FileSystem { get; } = result.FileSystem;

    public string Kernel { get; } = result.Kernel;

    public double Seconds { get; } = result.Seconds;

    public KeeperCounts Keeper { get; } = result.Keeper;

    public BackingResult Backing { get; } = result.Backing;

    public IReadOnlyList<string> WithoutHandle { get; } = result.WithoutHandle;

    public IReadOnlyList<string> Messages { get; } = result.Messages;

    public RestartOptions Options { get; } = result.Options;
}

/// <summary>The JSON document of restart --stat-storm.</summary>
internal sealed class StatStormDocument(int schemaVersion, StatStormResult result)
{
    public int SchemaVersion { get; } = schemaVersion;

    public string Verdict { get; } = result.Holds ? "holds" : "fails";

    public StatStormResult Measured { get; } = result;
}
