using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// INIT between kernel and server: what they agree on decides in which dialect both speak. Where
/// the offer never reaches the server, or the answer turns handles off, that is classic.
/// </summary>
internal static class WorldInit
{
    public static WorldOptions Negotiate(WorldOptions options)
    {
        Dialect dialect = options.Dialect;
        HandleNegotiation kernel = new(dialect);
        fuse_init_in offer = default;
        kernel.Offer(ref offer);
        fuse_init_out answer = new() { flags = (uint)FuseInitFlags.FUSE_INIT_EXT };
        if (HandleOffer.IsOffered(offer, dialect))
        {
            HandleOffer.Accept(
                ref answer, dialect, options.AgreedHandleBytes ?? dialect.MaxHandleBytes);
        }

        kernel.Answer(answer);
        return options with
        {
            Dialect = kernel.Agreement.Dialect,
            AgreedHandleBytes = kernel.Agreement.MaxHandleBytes,
        };
    }
}
