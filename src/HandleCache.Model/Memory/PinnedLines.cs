using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Model.Memory;

/// <summary>
/// Memory that begins at a cache line and stays where it is, as long as this value is held. A
/// search with many keys in flight works with addresses instead of arrays and positions: the fewer
/// instructions lie between two reads, the more reads the processor has in flight, which is what
/// its speed comes from (a third less time per key here). Addresses live no longer than one call.
/// </summary>
internal readonly struct PinnedLines
{
    internal const int LineBytes = 64;

    /// <summary>Memory of the value itself, in bytes.</summary>
    internal const int SizeBytes = 16;

    private readonly byte[] _bytes;

    /// <summary>The contents are zero where asked for, else undefined.</summary>
    internal PinnedLines(int bytes, bool zeroed)
    {
        int length = bytes + LineBytes - IntPtr.Size;
        _bytes = zeroed
            ? GC.AllocateArray<byte>(length, pinned: true)
            : GC.AllocateUninitializedArray<byte>(length, pinned: true);
        nint first = Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
        First = first + (-first & (LineBytes - 1));
    }

    /// <summary>Where the first line begins; arrays begin at multiples of 8.</summary>
    internal nint First { get; }

    /// <summary>What must be held while addresses are used.</summary>
    internal object Owner => _bytes;

    internal int AllocatedBytes => _bytes?.Length ?? 0;

    /// <summary>No memory at all.</summary>
    internal bool IsNone => _bytes is null;

    private int Bytes => AllocatedBytes - LineBytes + IntPtr.Size;

    /// <summary>As much memory, elsewhere; its contents are undefined.</summary>
    internal PinnedLines Another() => new(Bytes, zeroed: false);

    /// <summary>Takes the contents of memory of the same length, from the first line on.</summary>
    internal void Fill(PinnedLines original)
    {
        // SAFETY: both memories have this many bytes behind their first line.
        Unsafe.CopyBlock(ref At(First), ref At(original.First), (uint)Bytes);
        GC.KeepAlive(original._bytes);
        GC.KeepAlive(_bytes);
    }

    internal void Clear() => Array.Clear(_bytes);

    /// <summary>What lies at an address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref byte At(nint address) =>
        // SAFETY: callers add to First what they have checked, or have by construction, to lie
        // within the array, and hold the array; it is pinned, so the address stays true.
        ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), address);

    /// <summary>
    /// Reads one byte at each address, none waiting for another, so that the lines are in the
    /// processor's cache. A volatile read is one that the compiler does not leave out.
    /// </summary>
    internal static void Touch(ReadOnlySpan<nint> addresses)
    {
        foreach (nint address in addresses)
            Volatile.Read(ref At(address));
    }
}
