using System.Numerics;
using System.Runtime.CompilerServices;

namespace HandleCache.Model.Inodes;

/// <summary>
/// One 4-byte entry of a <see cref="SplitIndex{TKeys}"/>: a record number and, in the bits that no
/// record number needs yet, a part of the key's hash, which spares looks at records that are not
/// the one sought. How many bits are tag is a mask, kept with the entries: 8 at ten million
/// records, 5 at a hundred million. 0 is a free slot.
/// </summary>
internal static class IndexEntry
{
    /// <summary>The most a record number may need; the four bits above are always tag.</summary>
    internal const uint MaxRecord = (1u << 28) - 1;

    internal const uint Empty = 0;

    private const int FewestRecordBits = 12;

    // Below the bits that choose the sub-table, above those that choose the bucket.
    private const int TagShift = 20;

    /// <summary>The mask whose tags are as wide as a record number allows.</summary>
    internal static uint TagMaskFor(uint record)
    {
        int bits = Math.Max(FewestRecordBits, BitOperations.Log2(record) + 1);
        return uint.MaxValue << bits;
    }

    /// <summary>The tag of a hash, in the entry's upper bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint TagOf(ulong hash, uint tagMask) => (uint)(hash >> TagShift) & tagMask;
}
