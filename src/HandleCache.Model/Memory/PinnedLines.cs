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

    /// <summary>
    /// Pieces up to this length are used again: to take many small ones from the collector's pinned
    /// heap costs more than what is done with a small table between two copies of it.
    /// </summary>
    private const int MostRecycledBytes = 128 * 1024;

    /// <summary>Pieces of one length that a thread keeps.</summary>
    private const int MostKept = 8;

    /// <summary>
    /// By length. What a piece held before is never read: it is cleared, or written first.
    /// </summary>
    private static readonly ThreadLocal<Dictionary<int, Stack<byte[]>>> _kept = new(() => []);

    private readonly byte[] _bytes;

    /// <summary>The contents are zero where asked for, else undefined.</summary>
    internal PinnedLines(int bytes, bool zeroed)
    {
        int length = bytes + LineBytes - IntPtr.Size;
        if (length <= MostRecycledBytes
            && _kept.Value!.TryGetValue(length, out Stack<byte[]>? ready)
            && ready.TryPop(out _bytes!))
        {
            if (zeroed)
                Array.Clear(_bytes);
        }
        else
        {
            _bytes = Allocate(length, zeroed);
        }

        nint first = Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, 0);
        First = first + (-first & (LineBytes - 1));
    }

    private static byte[] Allocate(int length, bool zeroed) => zeroed
        ? GC.AllocateArray<byte>(length, pinned: true)
        : GC.AllocateUninitializedArray<byte>(length, pinned: true);

    /// <summary>Where the first line begins; arrays begin at multiples of 8.</summary>
    internal nint First { get; }

    /// <summary>What must be held while addresses are used.</summary>
    internal object Owner => _bytes;

    internal int AllocatedBytes => _bytes?.Length ?? 0;

    /// <summary>No memory at all.</summary>
    internal bool IsNone => _bytes is null;

    /// <summary>The same contents from the first line on, elsewhere.</summary>
    internal PinnedLines Copy()
    {
        int bytes = AllocatedBytes - LineBytes + IntPtr.Size;
        PinnedLines copy = new(bytes, zeroed: false);
        // SAFETY: both memories have this many bytes behind their first line.
        Unsafe.CopyBlock(ref At(copy.First), ref At(First), (uint)bytes);
        GC.KeepAlive(_bytes);
        return copy;
    }

    /// <summary>
    /// The memory may be used for another value from here on: nobody reads or writes this one.
    /// </summary>
    internal void Recycle()
    {
        if (_bytes is null || _bytes.Length > MostRecycledBytes)
            return;
        if (!_kept.Value!.TryGetValue(_bytes.Length, out Stack<byte[]>? kept))
            _kept.Value.Add(_bytes.Length, kept = new());
        if (kept.Count < MostKept)
            kept.Push(_bytes);
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
