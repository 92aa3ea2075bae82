using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Scripted;

/// <summary>
/// What serves one side of a script. Two that are asked the same answer the same, up to what
/// the comparison leaves out by name.
/// </summary>
public interface IScriptServer : IDisposable
{
    FileSystem FileSystem { get; }

    /// <summary>Lookups given and not forgotten, by nodeid.</summary>
    LookupLedger Ledger { get; }

    /// <summary>Sees the traffic of the side; null where the server needs no such view.</summary>
    ITrafficObserver? Observer { get; }

    /// <summary>The nodeid of a path as the server knows it; 0 where there is none.</summary>
    ulong NodeIdOf(string path);

    /// <summary>
    /// The server dies between two requests and another takes over, which knows no nodeid and no
    /// open file of its predecessor.
    /// </summary>
    void Restart();

    /// <summary>Names of the root that the server knows, in order.</summary>
    IReadOnlyList<string> RootNames();
}

/// <summary>Makes the server that a script asks for.</summary>
public static class ScriptServers
{
    public static IScriptServer Make(ScriptServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.IsPassthrough
            ? new PassthroughServer(options)
            : new ScriptFileSystem(options);
    }
}
