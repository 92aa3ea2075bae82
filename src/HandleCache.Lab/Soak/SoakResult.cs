using HandleCache.Server.Keeping;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Soak;

/// <summary>What came of a soak.</summary>
/// <param name="Seconds">Of load.</param>
/// <param name="FileSystem">Of the sources.</param>
/// <param name="Release">Of the kernel, measured.</param>
/// <param name="Watched">The mount that the model watched.</param>
/// <param name="Kept">The mount whose server was killed.</param>
public sealed record SoakResult(
    double Seconds, string FileSystem, string Release, WatchedResult Watched, KeptResult Kept)
{
    public string Verdict => Watched.Load.Holds && Kept.Load.Holds
        && Watched.Checks.All(check => check.Mismatches == 0)
        && Kept is { Held: 0, Files: 0, Keeper: { WrongObject: 0, Overdrawn: 0 } }
            ? "holds" : "broken";
}

/// <summary>What the clients of one mount did.</summary>
/// <param name="Operations">Of the client that was never killed.</param>
/// <param name="Errors">Its results other than the shadow's.</param>
/// <param name="WrongObject">Data or identity of another object than the one asked for.</param>
/// <param name="Stale">ESTALE of files open without a name, as the rule says.</param>
/// <param name="Compared">Names and contents compared in the end.</param>
/// <param name="ClientsKilled">By SIGKILL, in whatever they did.</param>
/// <param name="Messages">The first few of the errors.</param>
public sealed record SoakLoad(
    long Operations, long Errors, long WrongObject, long Stale, long Compared, int ClientsKilled,
    IReadOnlyList<string> Messages)
{
    public bool Holds => Errors == 0 && WrongObject == 0;
}

/// <param name="Load">What was done there.</param>
/// <param name="Requests">Of the kernel.</param>
/// <param name="InodesPeak">In the model, at once.</param>
/// <param name="Checks">
/// Those of the tap, and <c>server-table</c> and <c>all-forgotten</c> after the load.
/// </param>
public sealed record WatchedResult(
    SoakLoad Load, long Requests, int InodesPeak, IReadOnlyList<CheckResult> Checks);

/// <param name="Load">What was done there.</param>
/// <param name="ServersKilled">By SIGKILL.</param>
/// <param name="Keeper">What the keeper saw.</param>
/// <param name="Held">
/// Nodeids of which the keeper holds lookups after all was evicted, and which the kernel has: its
/// counts are wrong. Must be 0.
/// </param>
/// <param name="Files">The same of open files. Must be 0.</param>
/// <param name="Withdrawn">
/// Nodeids and open files that the keeper still holds and of which the kernel has no inode: whoever
/// had asked for them was killed between a server's death and the RESEND, and so his request never
/// came again.
/// </param>
public sealed record KeptResult(
    SoakLoad Load, int ServersKilled, KeeperCounts Keeper, int Held, int Files, int Withdrawn);
