using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Handles;

namespace HandleCache.Model.Inodes;

/// <summary>
/// How one handle lies in a record, as plain numbers worked out once from a
/// <see cref="HandleStrategy"/>: type in 32 bits, two state bits, and a buffer. A handle of at most
/// N bytes lies in the buffer; a longer one lies in a <see cref="SpillPool"/>, and its 8-byte
/// reference in the buffer at the 8-aligned offset (models fanotify_fh_ext_buf_ptr(),
/// fs/notify/fanotify/fanotify.h, v6.12). No byte of the record is spent on the length: a handle
/// that fills the buffer is marked as full, a shorter one leaves the buffer's last byte free for
/// it, and beside a reference there are four bytes left. So a slot with N = 12 takes 16 bytes, as
/// fanotify's does, and a record with it 32.
/// <para>
/// Where longer handles spill and N is below 12, the buffer is 12 bytes all the same: what the
/// modelled kernel would spend is <see cref="InlineBytes"/>, what this process spends is
/// <see cref="BufferBytes"/>.
/// </para>
/// </summary>
internal readonly struct HandleSlot
{
    /// <summary>Reference and length of a spilled handle, at any alignment.</summary>
    internal const int SpillBytes = SpillReference.SizeBytes + sizeof(uint);

    private const uint StorageMask = (uint)(InodeState.HandleSpilled | InodeState.HandleFull);
    private const int NeverInline = -1;

    // Longest length kept in the buffer; -1 where even an empty handle is external.
    private readonly int _inlineLimit;

    internal HandleSlot(HandleStrategy strategy)
    {
        InlineBytes = strategy.InlineBytes;
        MaxLength = strategy.CapacityBytes;
        Keeps = strategy.StorageOf(0) != HandleStorage.None;
        bool everSpills = strategy.StorageOf(MaxLength) == HandleStorage.External;
        _inlineLimit = strategy.StorageOf(0) == HandleStorage.External ? NeverInline : InlineBytes;
        BufferBytes = everSpills ? Math.Max(InlineBytes, SpillBytes) : InlineBytes;
    }

    /// <summary>N, the modelled inline length.</summary>
    internal int InlineBytes { get; }

    /// <summary>Bytes of buffer that the record really has.</summary>
    internal int BufferBytes { get; }

    /// <summary>The longest handle taken; longer ones are refused.</summary>
    internal int MaxLength { get; }

    /// <summary>False for the strategy <c>none</c>: handles are accepted and not kept.</summary>
    internal bool Keeps { get; }

    /// <summary>Even an empty handle lies in an external buffer.</summary>
    internal bool AlwaysSpills => _inlineLimit == NeverInline;

    /// <summary>The bits of a record's state that tell whether a handle can be the same.</summary>
    internal uint ComparedState => Keeps ? StorageMask : 0;

    /// <summary>
    /// The pool that a strategy spills to: kmalloc classes or one dedicated size.
    /// </summary>
    internal static SpillPool PoolFor(HandleStrategy strategy) => strategy.SpillBytes > 0
        ? SpillPool.Dedicated(strategy.SpillBytes)
        : SpillPool.Kmalloc();

    /// <summary>
    /// Where in the buffer the reference lies: ALIGN(buffer, 8), for a buffer at a multiple of 4.
    /// </summary>
    internal static int ReferenceOffset(int bufferPosition) =>
        -bufferPosition & (SpillReference.SizeBytes - 1);

    /// <summary>The state bits that a record would have with a handle of this length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint StateOf(int length) => length > _inlineLimit
        ? (uint)InodeState.HandleSpilled
        : length == InlineBytes ? (uint)InodeState.HandleFull : 0;

    /// <summary>Marks a new record as holding no handle.</summary>
    internal void Clear(InodeRecord record)
    {
        record.HandleType = 0;
        SetInline(record, []);
    }

    /// <summary>Puts a handle into a record that holds none; false where it is too long.</summary>
    internal bool TryStore(InodeRecord record, scoped in FileHandle handle, SpillPool pool)
    {
        int length = handle.Bytes.Length;
        if (!Keeps || handle.IsNone)
        {
            Clear(record);
            return true;
        }

        if (length > MaxLength)
            return false;
        record.HandleType = handle.Type;
        if (length <= _inlineLimit)
        {
            SetInline(record, handle.Bytes);
            return true;
        }

        SetState(record, InodeState.HandleSpilled);
        SetReference(record, pool.Store(handle.Bytes));
        // SAFETY: SpillBytes of buffer hold the reference and, before or behind it, the length.
        Unsafe.WriteUnaligned(ref SpilledLength(record), (uint)length);
        return true;
    }

    /// <summary>
    /// The handle in the record; the bytes are good until the record or the pool changes.
    /// </summary>
    internal FileHandle Read(InodeRecord record, SpillPool pool)
    {
        int length = Length(record);
        return new FileHandle(
            record.HandleType,
            record.Has(InodeState.HandleSpilled)
                ? pool.Read(Reference(record), length)
                : MemoryMarshal.CreateReadOnlySpan(ref record.Buffer, length));
    }

    /// <summary>
    /// Whether the record holds just this handle; always true where none are kept.
    /// </summary>
    internal bool Matches(InodeRecord record, scoped in FileHandle handle, SpillPool pool)
    {
        if (!Keeps)
            return true;
        if (handle.IsNone || IsNone(record))
            return handle.IsNone && IsNone(record);
        return record.HandleType == handle.Type
            && ((record.TypeAndState ^ StateOf(handle.Bytes.Length)) & StorageMask) == 0
            && SameBytes(record, handle.Bytes, pool);
    }

    /// <summary>
    /// The last part of <see cref="Matches"/>: only length and bytes, where handles are kept and
    /// the state bits are known to be those of this length.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool SameBytes(
        InodeRecord record, scoped ReadOnlySpan<byte> bytes, SpillPool pool)
    {
        int length = bytes.Length;
        if (length > _inlineLimit)
            return SameSpilled(record, bytes, pool);
        // SAFETY: an inline handle's length is at most InlineBytes, which is at most BufferBytes;
        // the last byte is looked at only where InlineBytes is above length, so above 0.
        if (length < InlineBytes && Unsafe.Add(ref record.Buffer, InlineBytes - 1) != length)
            return false;
        return FileHandle.SameBytes(
            MemoryMarshal.CreateReadOnlySpan(ref record.Buffer, length), bytes);
    }

    /// <summary>Gives an external buffer back and leaves the record without a handle.</summary>
    internal void Release(InodeRecord record, SpillPool pool)
    {
        if (record.Has(InodeState.HandleSpilled))
            pool.Release(Reference(record));
        Clear(record);
    }

    /// <summary>Whether the record holds no handle at all.</summary>
    internal bool IsNone(InodeRecord record) => record.HandleType == 0 && Length(record) == 0;

    /// <summary>Length of the handle, in bytes.</summary>
    internal int Length(InodeRecord record)
    {
        // SAFETY: as in TryStore and SetInline, which wrote what is read here.
        if (record.Has(InodeState.HandleSpilled))
            return (int)Unsafe.ReadUnaligned<uint>(ref SpilledLength(record));
        return record.Has(InodeState.HandleFull)
            ? InlineBytes
            : Unsafe.Add(ref record.Buffer, InlineBytes - 1);
    }

    internal static SpillReference Reference(InodeRecord record)
    {
        int at = ReferenceOffset(record.Position + InodeRecord.FixedBytes);
        // SAFETY: at is 0 or 4, and a record that spills has at least 12 bytes of buffer.
        return new(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref record.Buffer, at)));
    }

    internal static void SetReference(InodeRecord record, SpillReference reference)
    {
        int at = ReferenceOffset(record.Position + InodeRecord.FixedBytes);
        // SAFETY: as in Reference.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref record.Buffer, at), reference.Value);
    }

    private static void SetState(InodeRecord record, InodeState storage) =>
        record.TypeAndState = (ushort)((record.TypeAndState & ~StorageMask) | (uint)storage);

    /// <summary>
    /// In the four bytes before the reference, or behind it where there are none.
    /// </summary>
    private static ref byte SpilledLength(InodeRecord record)
    {
        int reference = ReferenceOffset(record.Position + InodeRecord.FixedBytes);
        // SAFETY: 0 or 8, with four bytes behind it, in at least 12 bytes of buffer.
        return ref Unsafe.Add(
            ref record.Buffer, reference == 0 ? SpillReference.SizeBytes : 0);
    }

    private bool SameSpilled(
        InodeRecord record, scoped ReadOnlySpan<byte> bytes, SpillPool pool) =>
        record.Has(InodeState.HandleSpilled)
        && pool.Read(Reference(record), Length(record)).SequenceEqual(bytes);

    private void SetInline(InodeRecord record, scoped ReadOnlySpan<byte> bytes)
    {
        bool full = bytes.Length == InlineBytes;
        SetState(record, full ? InodeState.HandleFull : InodeState.None);
        Span<byte> buffer = MemoryMarshal.CreateSpan(ref record.Buffer, InlineBytes);
        bytes.CopyTo(buffer);
        buffer[bytes.Length..].Clear();
        // SAFETY: not full, so InlineBytes is above the length, and above 0.
        if (!full)
            Unsafe.Add(ref record.Buffer, InlineBytes - 1) = (byte)bytes.Length;
    }
}
