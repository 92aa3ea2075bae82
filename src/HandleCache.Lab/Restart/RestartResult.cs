using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Keeping;

namespace HandleCache.Lab.Restart;

/// <summary>What <c>restart</c> saw.</summary>
/// <param name="Options">Every option as resolved.</param>
/// <param name="FileSystem">Type of the source's file system.</param>
/// <param name="Kernel">Release of the running kernel.</param>
/// <param name="Kills">Servers killed.</param>
/// <param name="Operations">Operations of the workload.</param>
/// <param name="Errors">Results that no written rule explains.</param>
/// <param name="WrongObject">Data or identity of another object; entries that changed it.</param>
/// <param name="Stale">ESTALE on open files without a name.</param>
/// <param name="Recovered">Nodeids and open files that a later life bound again.</param>
/// <param name="Compared">Names compared at the end, with all their bytes.</param>
/// <param name="Keeper">What the keeper counted.</param>
/// <param name="Backing">Files that the kernel read and wrote by itself.</param>
/// <param name="Messages">The first of the errors, in words.</param>
/// <param name="Seconds">The whole run.</param>
public sealed record RestartResult(
    RestartOptions Options,
    string FileSystem,
    string Kernel,
    int Kills,
    long Operations,
    long Errors,
    long WrongObject,
    long Stale,
    long Recovered,
    long Compared,
    KeeperCounts Keeper,
    BackingResult Backing,
    IReadOnlyList<string> Messages,
    double Seconds)
{
    /// <summary>
    /// Operations whose entries bring no handle in the dialect: what they named cannot be bound
    /// again until a LOOKUP names it, so applications see ESTALE, or a request applied twice.
    /// </summary>
    public IReadOnlyList<string> WithoutHandle =>
    [
        .. Enum.GetValues<FuseOpcode>()
            .Where(opcode => Operation.Of(opcode).Entry != EntryReplyForm.None
                && !Options.Dialect.ReplyBrings(opcode))
            .Select(opcode => opcode.ToString()),
    ];

    /// <summary>
    /// No wrong object, no unexplained error, something was done at all, and backing files did as
    /// the rules say.
    /// </summary>
    public bool Holds => WrongObject == 0 && Errors == 0 && Keeper.Overdrawn == 0
        && Keeper.Unknown == 0 && Operations > 0 && Compared > 0 && Backing.Holds;
}
