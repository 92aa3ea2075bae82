using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Inodes;

/// <summary>
/// What a whole record of 32 bytes (<c>inline:12</c>) must look like to be the inode of a reply, so
/// that one load and one comparison say whether it is: what waits for the record's cache line takes
/// room in the processor's window, and so do fewer igets fit in it. Handles of 8 and 12 bytes
/// (ext4, xfs, tmpfs) have an image, others are compared field by field.
/// </summary>
internal readonly struct RecordImage
{
    internal const int RecordBytes = 32;

    private const int ShortBytes = 8;
    private const int FullBytes = 12;
    private const int StateShift = 16;
    private const int HandleShift = 32;
    private const int LengthShift = 56;

    // The buffer follows the state, and a vector is 32 bytes, or this does not compile.
    private const byte FillsARecord =
        InodeRecord.FixedBytes + FullBytes == RecordBytes ? 0 : -1;

    private const int NoBytes = -1;

    private readonly Vector256<ulong> _compared;
    private readonly int _shortBytes;
    private readonly int _fullBytes;

    /// <param name="slot">How handles lie in the records.</param>
    /// <param name="state">S_IFMT and state bits that must agree.</param>
    internal RecordImage(HandleSlot slot, uint state)
    {
        bool exists = slot.Keeps && slot.InlineBytes == FullBytes + FillsARecord
            && slot.BufferBytes == FullBytes && !slot.AlwaysSpills;
        _shortBytes = exists ? ShortBytes : NoBytes;
        _fullBytes = exists ? FullBytes : NoBytes;
        _compared = Vector256.Create(
            ulong.MaxValue, ulong.MaxValue,
            ((ulong)uint.MaxValue << HandleShift) | (state << StateShift), ulong.MaxValue);
    }

    /// <summary>Whether there is an image with a handle of this length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool Has(int handleBytes) => handleBytes == _shortBytes || handleBytes == _fullBytes;

    /// <summary>
    /// The bits in which a record is not this inode's; <see cref="Has"/> is true of the handle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Vector256<ulong> Differences(
        InodeRecord at, ulong nodeId, ulong generation, uint mode, scoped in FileHandle handle)
    {
        ref byte first = ref MemoryMarshal.GetReference(handle.Bytes);
        ulong state = mode & FileModes.TypeMask;
        ulong end;
        // SAFETY: the handle has 8 bytes, or 12.
        ulong start = Unsafe.ReadUnaligned<ulong>(ref first);
        if (handle.Bytes.Length == ShortBytes)
        {
            // Bytes 8 to 10 of the buffer are 0, the last is the length.
            end = (start >> HandleShift) | ((ulong)ShortBytes << LengthShift);
        }
        else
        {
            state |= (uint)InodeState.HandleFull;
            end = Unsafe.ReadUnaligned<ulong>(
                ref Unsafe.Add(ref first, FullBytes - sizeof(ulong)));
        }

        var expected = Vector256.Create(
            nodeId, (uint)generation | ((ulong)handle.Type << HandleShift),
            (state << StateShift) | (start << HandleShift), end);
        return (at.Image ^ expected) & _compared;
    }
}
