using System.Runtime.CompilerServices;

namespace HandleCache.Model.Inodes;

/// <summary>
/// A record over its bytes: nodeid 8, generation 4, handle type 4, lower half word of nlookup 2,
/// S_IFMT and state bits 2; then the handle's buffer (<see cref="Handles.HandleSlot"/>). With 12
/// bytes of buffer a record is 32, half a cache line. Records lie at multiples of 4 of an aligned
/// address, so 8-byte fields may be unaligned where the stride is not a multiple of 8.
/// </summary>
internal readonly ref struct InodeRecord(ref byte first, int position)
{
    /// <summary>Bytes before the handle's buffer.</summary>
    internal const int FixedBytes = 20;

    /// <summary>S_IFMT of a mode.</summary>
    internal const uint TypeMask = 0xF000;

    /// <summary>Bits of nlookup that the record itself holds.</summary>
    internal const int NLookupBits = 16;

    private const int GenerationAt = 8;
    private const int HandleTypeAt = 12;
    private const int NLookupAt = 16;
    private const int StateAt = 18;

    private readonly ref byte _first = ref first;

    /// <summary>Offset of the record behind an aligned address, in bytes.</summary>
    internal int Position { get; } = position;

    internal ref byte First => ref _first;

    /// <summary>
    /// The first byte of the buffer: FixedBytes from the record's first, within every stride.
    /// </summary>
    internal ref byte Buffer => ref Unsafe.Add(ref _first, FixedBytes);

    // SAFETY: all accesses below lie in the first FixedBytes, which every record has.
    internal ulong NodeId
    {
        get => Unsafe.ReadUnaligned<ulong>(ref _first);
        set => Unsafe.WriteUnaligned(ref _first, value);
    }

    internal uint Generation
    {
        get => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref _first, GenerationAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, GenerationAt), value);
    }

    internal uint HandleType
    {
        get => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref _first, HandleTypeAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, HandleTypeAt), value);
    }

    /// <summary>Generation in the lower half, handle type in the upper: one comparison.</summary>
    internal ulong GenerationAndHandleType =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref _first, GenerationAt));

    /// <summary>The lower 16 bits of nlookup; the others are kept beside where not 0.</summary>
    internal ushort NLookupLow
    {
        get => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref _first, NLookupAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, NLookupAt), value);
    }

    /// <summary>S_IFMT in the upper four bits, <see cref="InodeState"/> in the others.</summary>
    internal ushort TypeAndState
    {
        get => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref _first, StateAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, StateAt), value);
    }

    internal InodeState State
    {
        get => (InodeState)(TypeAndState & ~TypeMask);
        set => TypeAndState = (ushort)((TypeAndState & TypeMask) | (uint)value);
    }

    /// <summary>S_IFMT bits of the inode's mode.</summary>
    internal uint FileType => TypeAndState & TypeMask;

    internal bool Has(InodeState state) => (TypeAndState & (uint)state) != 0;
}
