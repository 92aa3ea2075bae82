using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// Enumerates what a FORGET or a BATCH_FORGET takes back, alike. The request's shape must have
/// been checked.
/// </summary>
public ref struct ForgetReader
{
    private readonly bool _single;
    private readonly fuse_forget_one _one;
    private ReadOnlySpan<byte> _rest;
    private bool _done;

    public ForgetReader(in FuseRequest request)
    {
        _single = request.Opcode == FuseOpcode.FUSE_FORGET;
        WireReader reader = request.Reader;
        if (_single)
        {
            _done = !reader.TryRead(out fuse_forget_in single);
            _one = new fuse_forget_one { nodeid = request.Header.nodeid, nlookup = single.nlookup };
        }
        else
        {
            _done = !reader.TryRead(out fuse_batch_forget_in _);
            _rest = reader.Remaining;
        }
    }

    /// <summary>The next nodeid and the number of lookups taken back.</summary>
    public bool TryNext(out fuse_forget_one one)
    {
        one = _one;
        if (_done)
            return false;
        if (_single)
        {
            _done = true;
            return true;
        }

        if (!MemoryMarshal.TryRead(_rest, out one))
            return false;
        _rest = _rest[Unsafe.SizeOf<fuse_forget_one>()..];
        return true;
    }
}
