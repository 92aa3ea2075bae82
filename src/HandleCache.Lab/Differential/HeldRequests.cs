using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Differential;

/// <summary>
/// What two callers wait for in an overlapping step: at most one request of each, kept from the
/// server, and the INTERRUPTs that have come for it.
/// </summary>
/// <param name="dropsReads">READs pass (<see cref="NoiseRules"/>, "cached-read").</param>
/// <param name="dialect">What requests are written in.</param>
internal sealed class HeldRequests(bool dropsReads, Dialect dialect)
{
    public const int Callers = 2;

    private readonly byte[]?[] _messages = new byte[]?[Callers];
    private readonly ulong[] _uniques = new ulong[Callers];
    private readonly int[] _interrupts = new int[Callers];

    /// <summary>The request of a caller that waits here; null for none.</summary>
    public byte[]? Of(int caller) => _messages[caller];

    /// <summary>Its unique, or that of the last one that waited.</summary>
    public ulong UniqueOf(int caller) => _uniques[caller];

    /// <summary>The thread whose request waits, as its head names it.</summary>
    public uint ThreadOf(int caller) => MemoryMarshal.Read<fuse_in_header>(
        _messages[caller] ?? throw new InvalidOperationException("no request waits")).pid;

    /// <summary>The request that waits, as requests are compared; "" for none.</summary>
    public string Shown(int caller) => _messages[caller] is { } message
        ? NoiseRules.Normalize(message, dropsReads, dialect)!.ToString()
        : "";

    /// <summary>INTERRUPTs that have come since <see cref="Begin"/>.</summary>
    public int Interrupts(int caller) => _interrupts[caller];

    public void Begin()
    {
        Array.Clear(_messages);
        Array.Clear(_interrupts);
        Array.Clear(_uniques);
    }

    /// <summary>Takes the request that waits: it goes on or is answered.</summary>
    /// <exception cref="InvalidOperationException">None does.</exception>
    public byte[] Take(int caller)
    {
        byte[] message = _messages[caller]
            ?? throw new InvalidOperationException("no request of that caller waits");
        _messages[caller] = null;
        return message;
    }

    /// <summary>
    /// Whether a message is kept. RELEASE is nobody's, what is left out of comparisons may come
    /// from one kernel alone, and a second request of a caller is not what it waits for.
    /// </summary>
    /// <param name="message">As it was read.</param>
    /// <param name="callerOf">Which caller a pid is; less than 0 for none of them.</param>
    public bool Keeps(ReadOnlySpan<byte> message, Func<uint, int> callerOf)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return false;
        if (request.Opcode == FuseOpcode.FUSE_INTERRUPT)
        {
            ulong unique = request.Header.unique & ~FuseConstants.FUSE_INT_REQ_BIT;
            int interrupted = Array.IndexOf(_uniques, unique);
            if (interrupted >= 0)
                _interrupts[interrupted]++;
            return true;
        }

        bool isKept = Operation.Of(request.Opcode).HasReply
            && request.Opcode
                is not (FuseOpcode.FUSE_RELEASE or FuseOpcode.FUSE_RELEASEDIR)
            && NoiseRules.Normalize(message, dropsReads, dialect) is not null;
        int caller = isKept ? callerOf(request.Header.pid) : -1;
        if (caller < 0 || _messages[caller] is not null)
            return false;
        _messages[caller] = message.ToArray();
        _uniques[caller] = request.Header.unique;
        return true;
    }
}

/// <summary>Where a caller of an overlapping step stands.</summary>
/// <param name="Stand">Whether it waits, and for what.</param>
/// <param name="Interrupts">INTERRUPTs that have come for its requests.</param>
/// <param name="Request">What it asks, as requests are compared; "" for nothing.</param>
internal readonly record struct CallerState(CallerStand Stand, int Interrupts, string Request);

internal enum CallerStand
{
    /// <summary>Its call has ended, or none was made.</summary>
    Done,

    /// <summary>Its request waits for the server.</summary>
    Asks,

    /// <summary>It waits inside the kernel, for a lock or for another's lookup.</summary>
    Blocked,

    /// <summary>It is on its way to one of the others.</summary>
    Runs,
}
