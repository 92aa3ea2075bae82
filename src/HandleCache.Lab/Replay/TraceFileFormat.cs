namespace HandleCache.Lab.Replay;

/// <summary>What a file with traffic is.</summary>
public enum TraceFileFormat
{
    /// <summary>By its first bytes, else by its name.</summary>
    Auto,

    /// <summary>A trace as `--record` writes it.</summary>
    HandleCache,

    /// <summary>libCacheSim's oracleGeneral.</summary>
    OracleGeneral,
}
