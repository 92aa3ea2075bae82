using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>The kernel's half of INIT as it comes, in either of its two lengths.</summary>
public static class InitReader
{
    /// <summary>fuse_init_in before flags2 (7.36): version, readahead, flags.</summary>
    private const int ShortOfferBytes = 16;

    /// <summary>
    /// Reads fuse_init_in: 64 bytes from 7.36 on, 16 before, whose missing rest is zero.
    /// </summary>
    public static bool TryRead(ref WireReader reader, out fuse_init_in offer)
    {
        if (reader.Remaining.Length >= Unsafe.SizeOf<fuse_init_in>())
            return reader.TryRead(out offer);
        offer = default;
        if (!reader.TryReadBytes(ShortOfferBytes, out ReadOnlySpan<byte> head))
            return false;
        head.CopyTo(MemoryMarshal.AsBytes(new Span<fuse_init_in>(ref offer)));
        return true;
    }
}
