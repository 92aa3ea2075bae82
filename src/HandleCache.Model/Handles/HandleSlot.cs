using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Model.Handles;

/// <summary>
/// The fixed-size slot that keeps one handle inside a record: where it lies and how it is used, as
/// plain numbers worked out once from a <see cref="HandleStrategy"/>. The slot is
/// <c>{u8 length, u8 flags, u32 type, u8 buffer[capacity]}</c>. A handle of at most
/// <see cref="InlineBytes"/> lies in the buffer; a longer one lies in a <see cref="SpillPool"/> and
/// its 8-byte reference in the buffer, at the 8-aligned offset where the buffer has room for that,
/// else at 0 (models fanotify_fh_ext_buf_ptr(), fs/notify/fanotify/fanotify.h, v6.12).
/// Where N is below 8 the buffer is 8 bytes all the same: what the modelled kernel would spend is
/// <see cref="InlineBytes"/>, what this process spends is <see cref="CapacityBytes"/>.
/// Methods take the first byte of a record that is at least
/// <see cref="OffsetBytes"/> + <see cref="SizeBytes"/> long.
/// </summary>
internal readonly struct HandleSlot
{
    internal const int HeaderBytes = 6;

    private const int FlagsAt = 1;
    private const int TypeAt = 2;
    private const int NeverInline = -1;

    /// <summary>The buffer holds a reference, not the bytes: FANOTIFY_FH_FLAG_EXT_BUF.</summary>
    private const byte Spilled = 1;

    // Longest length kept in the buffer; -1 where even an empty handle is external.
    private readonly int _inlineLimit;

    internal HandleSlot(HandleStrategy strategy, int offsetBytes)
    {
        OffsetBytes = offsetBytes;
        InlineBytes = strategy.InlineBytes;
        MaxLength = strategy.CapacityBytes;
        Keeps = strategy.StorageOf(0) != HandleStorage.None;
        bool everSpills = strategy.StorageOf(MaxLength) == HandleStorage.External;
        _inlineLimit = strategy.StorageOf(0) == HandleStorage.External ? NeverInline : InlineBytes;
        CapacityBytes = everSpills ? Math.Max(InlineBytes, SpillReference.SizeBytes) : InlineBytes;
        SizeBytes = HeaderBytes + CapacityBytes;
    }

    /// <summary>Where the slot begins in its record.</summary>
    internal int OffsetBytes { get; }

    /// <summary>N, the modelled inline length.</summary>
    internal int InlineBytes { get; }

    /// <summary>Bytes of buffer that the record really has.</summary>
    internal int CapacityBytes { get; }

    /// <summary>The longest handle taken; longer ones are refused.</summary>
    internal int MaxLength { get; }

    /// <summary>False for the strategy <c>none</c>: handles are accepted and not kept.</summary>
    internal bool Keeps { get; }

    /// <summary>Header and buffer, in bytes.</summary>
    internal int SizeBytes { get; }

    private int BufferAt => OffsetBytes + HeaderBytes;

    /// <summary>
    /// The pool that a strategy spills to: kmalloc classes or one dedicated size.
    /// </summary>
    internal static SpillPool PoolFor(HandleStrategy strategy) => strategy.SpillBytes > 0
        ? SpillPool.Dedicated(strategy.SpillBytes)
        : SpillPool.Kmalloc();

    /// <summary>
    /// Where in the buffer the reference lies, for a buffer that begins at a multiple of 4:
    /// ALIGN(address, 8) if the buffer has the bytes for it.
    /// </summary>
    internal static int ReferenceOffset(int bufferPosition, int capacityBytes)
    {
        int toAligned = -bufferPosition & (SpillReference.SizeBytes - 1);
        return toAligned + SpillReference.SizeBytes <= capacityBytes ? toAligned : 0;
    }

    /// <summary>Marks a new record's slot as holding no handle.</summary>
    internal void Clear(ref byte record) => WriteHeader(ref record, 0, 0, 0);

    /// <summary>
    /// Puts a handle into a slot that holds none; false where it is too long. The record's position
    /// in its segment, in bytes, gives the alignment.
    /// </summary>
    internal bool TryStore(
        ref byte record, int position, scoped in FileHandle handle, SpillPool pool)
    {
        int length = handle.Bytes.Length;
        if (Keeps && length > MaxLength)
            return false;
        if (!Keeps)
        {
            Clear(ref record);
            return true;
        }

        if (length <= _inlineLimit || handle.IsNone)
        {
            WriteHeader(ref record, length, 0, handle.Type);
            handle.Bytes.CopyTo(Buffer(ref record));
            return true;
        }

        WriteHeader(ref record, length, Spilled, handle.Type);
        SetReference(ref record, position, pool.Store(handle.Bytes));
        return true;
    }

    /// <summary>
    /// The handle in the slot; the bytes are good until the slot or its pool changes.
    /// </summary>
    internal FileHandle Read(ref byte record, int position, SpillPool pool)
    {
        int length = Length(ref record);
        return new FileHandle(
            Type(ref record),
            IsSpilled(ref record)
                ? pool.Read(Reference(ref record, position), length)
                : Buffer(ref record)[..length]);
    }

    /// <summary>Whether the slot holds just this handle; always true where none are kept.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Matches(
        ref byte record, int position, scoped in FileHandle handle, SpillPool pool)
    {
        return !Keeps || (Type(ref record) == handle.Type
            && Length(ref record) == handle.Bytes.Length
            && SameBytes(ref record, position, handle.Bytes, pool));
    }

    /// <summary>
    /// The last part of <see cref="Matches"/>: only the bytes, where handles are kept and the type
    /// is known to be the same.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SameBytes(
        ref byte record, int position, scoped ReadOnlySpan<byte> bytes, SpillPool pool)
    {
        if ((Unsafe.Add(ref record, OffsetBytes + FlagsAt) & Spilled) != 0)
            return SameSpilled(ref record, position, bytes, pool);
        int length = Length(ref record);
        // SAFETY: an inline handle's length is at most CapacityBytes (TryStore), so the bytes lie
        // in the slot.
        return FileHandle.SameBytes(
            MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref record, BufferAt), length), bytes);
    }

    /// <summary>Gives an external buffer back and leaves the slot without a handle.</summary>
    internal void Release(ref byte record, int position, SpillPool pool)
    {
        if (IsSpilled(ref record))
            pool.Release(Reference(ref record, position));
        WriteHeader(ref record, 0, 0, 0);
    }

    /// <summary>Whether the slot holds no handle at all.</summary>
    internal bool IsNone(ref byte record) =>
        Type(ref record) == 0 && Length(ref record) == 0;

    internal bool IsSpilled(ref byte record) =>
        (Unsafe.Add(ref record, OffsetBytes + FlagsAt) & Spilled) != 0;

    internal SpillReference Reference(ref byte record, int position)
    {
        int at = BufferAt + ReferenceOffset(position + BufferAt, CapacityBytes);
        // SAFETY: ReferenceOffset leaves 8 bytes before the buffer's end, which is in the record.
        return new(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref record, at)));
    }

    internal void SetReference(ref byte record, int position, SpillReference reference)
    {
        int at = BufferAt + ReferenceOffset(position + BufferAt, CapacityBytes);
        // SAFETY: as in Reference; only spilling strategies come here, whose capacity is >= 8.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref record, at), reference.Value);
    }

    // SAFETY: the reads and the writes below lie in the slot, OffsetBytes + SizeBytes at most from
    // the record's first byte.
    internal int Length(ref byte record) => Unsafe.Add(ref record, OffsetBytes);

    private uint Type(ref byte record) =>
        Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref record, OffsetBytes + TypeAt));

    private bool SameSpilled(
        ref byte record, int position, scoped ReadOnlySpan<byte> bytes, SpillPool pool) =>
        pool.Read(Reference(ref record, position), Length(ref record)).SequenceEqual(bytes);

    private Span<byte> Buffer(ref byte record) =>
        MemoryMarshal.CreateSpan(ref Unsafe.Add(ref record, BufferAt), CapacityBytes);

    private void WriteHeader(ref byte record, int length, byte flags, uint type)
    {
        ref byte slot = ref Unsafe.Add(ref record, OffsetBytes);
        slot = (byte)length;
        Unsafe.Add(ref slot, FlagsAt) = flags;
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref slot, TypeAt), type);
    }
}
