using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Channels;

/// <summary>What must be remembered of a request until its reply.</summary>
/// <param name="Opcode">What was asked.</param>
/// <param name="NodeId">About which nodeid.</param>
internal readonly record struct PendingRequest(FuseOpcode Opcode, ulong NodeId);

/// <summary>
/// Requests read but not answered, by unique. A table of its own, not the server's, so that any
/// server may answer in any order. Not thread-safe.
/// </summary>
internal sealed class PendingRequests
{
    private readonly Dictionary<ulong, PendingRequest> _byUnique = [];

    public int Count => _byUnique.Count;

    /// <summary>
    /// A request sent again (FUSE_NOTIFY_RESEND) takes the place of the one it repeats: from then
    /// on only a reply with the marked unique is one (request_find(), fs/fuse/dev.c).
    /// </summary>
    public void Add(ulong unique, PendingRequest request)
    {
        if ((unique & FuseConstants.FUSE_UNIQUE_RESEND) != 0)
            _byUnique.Remove(unique & ~FuseConstants.FUSE_UNIQUE_RESEND);
        _byUnique[unique] = request;
    }

    public bool TryGet(ulong unique, out PendingRequest request) =>
        _byUnique.TryGetValue(unique, out request);

    public void Remove(ulong unique) => _byUnique.Remove(unique);
}
