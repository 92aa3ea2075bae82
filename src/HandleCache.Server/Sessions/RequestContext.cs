using HandleCache.Protocol.Abi;

namespace HandleCache.Server.Sessions;

/// <summary>Who asks, about which inode, and whether he still wants to know.</summary>
public readonly ref struct RequestContext
{
    private readonly InFlightRequest _inFlight;

    internal RequestContext(
        scoped in fuse_in_header header,
        ReadOnlySpan<byte> extensions,
        InFlightRequest inFlight)
    {
        Header = header;
        Extensions = extensions;
        _inFlight = inFlight;
    }

    public fuse_in_header Header { get; }

    /// <summary>The extension records of the request.</summary>
    public ReadOnlySpan<byte> Extensions { get; }

    public ulong NodeId => Header.nodeid;

    /// <summary>
    /// The request was read before by a server that died (FUSE_NOTIFY_RESEND): it may have been
    /// applied already.
    /// </summary>
    public bool IsResent => (Header.unique & FuseConstants.FUSE_UNIQUE_RESEND) != 0;

    /// <summary>
    /// The caller has been interrupted (FUSE_INTERRUPT): a long operation may end with EINTR or
    /// with what it has done so far.
    /// </summary>
    public bool IsInterrupted => _inFlight.IsInterrupted;
}
