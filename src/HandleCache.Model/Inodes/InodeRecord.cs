using System.Runtime.CompilerServices;

namespace HandleCache.Model.Inodes;

/// <summary>
/// The fixed part of a record, over its bytes: nodeid 8, generation 4, nlookup 4, S_IFMT and flags
/// 2; the handle slot follows at <see cref="SizeBytes"/>. With a slot of 6 + 12 bytes a record
/// takes 36. Records lie at multiples of 4, so the 8-byte field may be unaligned.
/// </summary>
internal readonly ref struct InodeRecord(ref byte first, int position)
{
    internal const int SizeBytes = 18;

    /// <summary>S_IFMT of a mode.</summary>
    internal const uint TypeMask = 0xF000;

    private const int GenerationAt = 8;
    private const int NLookupAt = 12;
    private const int ModeAndFlagsAt = 16;

    /// <summary>Bits of <see cref="Identity"/> that hold the handle's length and type.</summary>
    internal const ulong HandleMask = 0xFFFF_FFFF_00FF_0000;

    private readonly ref byte _first = ref first;

    internal ref byte First => ref _first;

    /// <summary>Offset of the record in its segment, in bytes: it gives the alignment.</summary>
    internal int Position { get; } = position;

    // SAFETY: all accesses below lie in the first 24 bytes, which every record has: 18 and the
    // slot's header.
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

    /// <summary>The lower 32 bits of nlookup.</summary>
    internal uint NLookupLow
    {
        get => Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref _first, NLookupAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, NLookupAt), value);
    }

    /// <summary>S_IFMT in the upper four bits, <see cref="InodeState"/> in the others.</summary>
    internal ushort TypeAndFlags
    {
        get => Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref _first, ModeAndFlagsAt));
        set => Unsafe.WriteUnaligned(ref Unsafe.Add(ref _first, ModeAndFlagsAt), value);
    }

    /// <summary>
    /// The eight bytes from S_IFMT and flags on: with those, the slot's header (length, its flags,
    /// handle type). One comparison of them is most of what makes an inode the same.
    /// </summary>
    internal ulong Identity =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref _first, ModeAndFlagsAt));

    internal InodeState Flags
    {
        get => (InodeState)(TypeAndFlags & ~TypeMask);
        set => TypeAndFlags = (ushort)((TypeAndFlags & TypeMask) | (uint)value);
    }

    /// <summary>S_IFMT bits of the inode's mode.</summary>
    internal uint FileType => TypeAndFlags & TypeMask;

    /// <summary>What <see cref="Identity"/> is where type and handle are these.</summary>
    internal static ulong IdentityOf(uint mode, int handleLength, uint handleType) =>
        (mode & TypeMask) | ((ulong)(uint)handleLength << 16) | ((ulong)handleType << 32);

    internal bool Has(InodeState flag) => (TypeAndFlags & (uint)flag) != 0;
}
