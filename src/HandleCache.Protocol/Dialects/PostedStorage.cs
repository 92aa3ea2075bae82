namespace HandleCache.Protocol.Dialects;

/// <summary>
/// How the authors of a proposal keep the handle in the inode, in the spelling of the command line
/// (PROPOSALS.md, section 2; T1 of the thread for those that say nothing).
/// </summary>
/// <param name="Strategy">Storage strategy: inline:N, pointer, pointer-max:N, ...</param>
/// <param name="Header">What stands before the bytes in memory.</param>
/// <param name="IsAccounted">
/// External buffers are charged to the cgroup (GFP_KERNEL_ACCOUNT).
/// </param>
public sealed record PostedStorage(string Strategy, string Header, bool IsAccounted = true)
{
    /// <summary>The first FANOTIFY_INLINE_FH_LEN bytes inline, the header fanotify's.</summary>
    public static PostedStorage OfTheThread { get; } = new("inline:12", "fanotify");
}
