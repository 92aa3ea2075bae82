using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Server.Sessions;

/// <summary>What INIT settled.</summary>
/// <param name="Minor">Minor of the protocol both sides speak.</param>
/// <param name="Flags">Features both sides agreed on.</param>
/// <param name="MaxWriteBytes">Largest WRITE, bytes.</param>
/// <param name="Handles">Whether and how file handles travel.</param>
public sealed record SessionAgreement(
    uint Minor,
    FuseInitFlags Flags,
    int MaxWriteBytes,
    HandleAgreement Handles);

/// <summary>The server's half of INIT: takes of the offer what the options want.</summary>
internal static class InitNegotiator
{
    private const int PageBytes = 4096;

    /// <summary>
    /// How deep file systems lie on one another with this one: the source lies on none. One more
    /// would let an overlay be a source, and no overlay lie on this mount.
    /// </summary>
    private const uint BackingStackDepth = 1;

    /// <summary>
    /// The oldest minor whose structs this server speaks (64-byte INIT, 7.23 on).
    /// </summary>
    public const uint OldestMinor = 23;

    /// <summary>
    /// The answer to an INIT; null when the major or the minor is too old to be served, which
    /// ends the connection with EPROTO.
    /// </summary>
    public static SessionAgreement? Answer(
        in fuse_init_in offer, SessionOptions options, out fuse_init_out answer)
    {
        answer = new fuse_init_out
        {
            major = FuseConstants.FUSE_KERNEL_VERSION,
            minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
        };
        if (offer.major != FuseConstants.FUSE_KERNEL_VERSION || offer.minor < OldestMinor)
            return null;

        FuseInitFlags flags = options.WantedFlags & InitWords.Offered(offer);
        int maxWrite = (flags & FuseInitFlags.FUSE_MAX_PAGES) != 0
            ? options.MaxWriteBytes
            : Math.Min(options.MaxWriteBytes, 32 * PageBytes);
        (answer.flags, answer.flags2) = InitWords.Split(flags);
        answer.max_readahead = Math.Min(offer.max_readahead, options.MaxReadaheadBytes);
        answer.max_background = 64;
        answer.congestion_threshold = 48;
        answer.max_write = (uint)maxWrite;
        answer.max_pages = (ushort)(maxWrite / PageBytes);
        answer.time_gran = 1;
        if ((flags & FuseInitFlags.FUSE_PASSTHROUGH) != 0)
            answer.max_stack_depth = BackingStackDepth;

        HandleAgreement handles = HandleAgreement.Classic;
        if (HandleOffer.IsOffered(offer, options.Dialect, options.FileSystemType))
        {
            // A maximum above the dialect's would be refused, and with it all handles.
            int longest = Math.Min(options.MaxHandleBytes, options.Dialect.MaxHandleBytes);
            HandleOffer.Accept(ref answer, options.Dialect, longest);
            handles = HandleOffer.Read(answer, options.Dialect);
        }

        return new SessionAgreement(
            Math.Min(offer.minor, answer.minor), flags, maxWrite, handles);
    }
}
