using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Inodes;

/// <summary>
/// A record over its bytes: nodeid 8, generation 4, handle type 4, lower half word of nlookup 2,
/// S_IFMT and state bits 2; then the handle's buffer (<see cref="HandleSlot"/>). With 12
/// bytes of buffer a record is 32, half a cache line. Records lie at multiples of 4 of an aligned
/// address, so 8-byte fields may be unaligned where the stride is not a multiple of 8.
/// </summary>
internal readonly ref struct InodeRecord(ref byte first)
{
    /// <summary>Bytes before the handle's buffer.</summary>
    internal const int FixedBytes = 20;

    /// <summary>Bits of nlookup that the record itself holds.</summary>
    internal const int NLookupBits = 16;

    private const int GenerationAt = 8;
    private const int HandleTypeAt = 12;
    private const int NLookupAt = 16;
    private const int StateAt = 18;

    private readonly ref byte _first = ref first;

    /// <summary>
    /// Where the record begins within 8 bytes; memory may move, but by multiples of 8.
    /// </summary>
    internal int Position =>
        (int)Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref _first) & (sizeof(ulong) - 1);

    internal ref byte First => ref _first;

    /// <summary>
    /// The first byte of the buffer: FixedBytes from the record's first, within every stride.
    /// </summary>
    internal ref byte Buffer => ref Unsafe.Add(ref _first, FixedBytes);

    // SAFETY: all accesses below lie in the first FixedBytes, which every record has.
    internal ulong NodeId
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<ulong>(ref _first);
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Unsafe.WriteUnaligned(ref _first, value);
    }

    internal uint Generation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref _first, GenerationAt));
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, GenerationAt), value);
    }

    internal uint HandleType
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref _first, HandleTypeAt));
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, HandleTypeAt), value);
    }

    /// <summary>Generation in the lower half, handle type in the upper: one comparison.</summary>
    internal ulong GenerationAndHandleType
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref _first, GenerationAt));
    }

    /// <summary>All of a record of 32 bytes, and of no other.</summary>
    internal Vector256<ulong> Image
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.LoadUnsafe(ref _first).AsUInt64();
    }

    /// <summary>The lower 16 bits of nlookup; the others are kept beside where not 0.</summary>
    internal ushort NLookupLow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref _first, NLookupAt));
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, NLookupAt), value);
    }

    /// <summary>S_IFMT in the upper four bits, <see cref="InodeState"/> in the others.</summary>
    internal ushort TypeAndState
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref _first, StateAt));
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, StateAt), value);
    }

    internal InodeState State
    {
        get => (InodeState)(TypeAndState & ~FileModes.TypeMask);
        set => TypeAndState = (ushort)((TypeAndState & FileModes.TypeMask) | (uint)value);
    }

    /// <summary>S_IFMT bits of the inode's mode.</summary>
    internal uint FileType => TypeAndState & FileModes.TypeMask;

    /// <summary>nlookup grows by one; false, and nothing done, where it has no room to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryCount()
    {
        ref ushort low = ref Unsafe.As<byte, ushort>(ref Unsafe.Add(ref _first, NLookupAt));
        if (low == ushort.MaxValue)
            return false;
        low++;
        return true;
    }

    internal bool Has(InodeState state) => (TypeAndState & (uint)state) != 0;
}
