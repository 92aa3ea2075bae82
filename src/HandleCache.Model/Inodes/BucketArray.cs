using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HandleCache.Model.Memory;

namespace HandleCache.Model.Inodes;

/// <summary>
/// Buckets of one cache line each: 15 entries (<see cref="IndexEntry"/>, 0 where free) and a count
/// of the entries that belong here or before and lie behind, because this bucket was full when
/// they came. A search goes on to the next bucket only where that count is not 0, so a removed
/// entry leaves no mark. The value is a view: copies share the buckets.
/// </summary>
internal readonly struct BucketArray
{
    /// <summary>Entries of a bucket.</summary>
    internal const int Entries = 15;

    /// <summary>Memory of the value itself, in bytes.</summary>
    internal const int SizeBytes = 32;

    private const int Words = 16;
    private const int BucketBytes = Words * sizeof(uint);
    private const uint EntryLanes = (1u << Entries) - 1;

    // One line each, or this does not compile.
    private const byte BucketIsALine = BucketBytes == PinnedLines.LineBytes ? 0 : -1;

    private readonly PinnedLines _lines;
    private readonly uint _last;

    internal BucketArray(int buckets, uint tagMask)
    {
        _lines = new((buckets * BucketBytes) + BucketIsALine, zeroed: true);
        _last = (uint)buckets - 1;
        TagMask = tagMask;
    }

    private BucketArray(BucketArray old, uint tagMask)
    {
        this = old;
        TagMask = tagMask;
    }

    private BucketArray(BucketArray original, LinePool pool)
    {
        this = original;
        _lines = pool.Copy(original._lines);
    }

    /// <summary>A power of two.</summary>
    internal uint Buckets => _last + 1;

    /// <summary>Which bits of an entry are tag.</summary>
    internal uint TagMask { get; }

    internal long MemoryBytes => _lines.AllocatedBytes;

    /// <summary>Gives the memory back; no view of it is used afterwards.</summary>
    internal void Recycle(LinePool pool) => pool.Give(_lines);

    /// <summary>The same entries in memory of their own.</summary>
    internal BucketArray Copy(LinePool pool) => new(this, pool);

    /// <summary>The same memory, emptied, with another tag mask.</summary>
    internal BucketArray Emptied(uint tagMask)
    {
        _lines.Clear();
        return new(this, tagMask);
    }

    internal bool SharesMemoryWith(BucketArray other) => _lines.First == other._lines.First;

    /// <summary>Where a key's search begins: by the hash's lower bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal uint Home(ulong hash) => (uint)hash & _last;

    internal uint After(uint bucket) => (bucket + 1) & _last;

    /// <summary>The address of a bucket.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal nint AddressOf(uint bucket) => _lines.First + (nint)(bucket * BucketBytes);

    /// <summary>The first entry of a bucket; the others and the count follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ref uint At(uint bucket) => ref At(AddressOf(bucket));

    /// <summary>A bucket by its address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint At(nint address) =>
        // SAFETY: bucket < Buckets by Home and After, so 16 words from here on are in the array.
        ref Unsafe.As<byte, uint>(ref PinnedLines.At(address));

    /// <summary>The entries of a bucket, free ones too.</summary>
    internal ReadOnlySpan<uint> EntriesOf(uint bucket) =>
        // SAFETY: a bucket has 16 words, and bucket < Buckets.
        MemoryMarshal.CreateReadOnlySpan(ref At(bucket), Entries);

    /// <summary>How many entries passed this bucket, being full.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint Passed(ref uint bucket) => ref Unsafe.Add(ref bucket, Entries);

    /// <summary>The lanes whose entries have this tag; free entries have tag 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Tagged(ref uint bucket, uint tagMask, uint tag) =>
        (uint)Vector512.Equals(
            Vector512.LoadUnsafe(ref bucket) & Vector512.Create(tagMask), Vector512.Create(tag))
            .ExtractMostSignificantBits() & EntryLanes;

    /// <summary>The lanes that hold just this.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Equal(ref uint bucket, uint entry) =>
        (uint)Vector512.Equals(Vector512.LoadUnsafe(ref bucket), Vector512.Create(entry))
            .ExtractMostSignificantBits() & EntryLanes;

    /// <summary>Lists a record in the first bucket from its home on that has room.</summary>
    internal void Insert(ulong hash, uint record)
    {
        uint bucket = Home(hash);
        while (true)
        {
            ref uint here = ref At(bucket);
            uint free = Equal(ref here, IndexEntry.Empty);
            if (free != 0)
            {
                Unsafe.Add(ref here, BitOperations.TrailingZeroCount(free)) =
                    IndexEntry.TagOf(hash, TagMask) | record;
                return;
            }

            Passed(ref here)++;
            bucket = After(bucket);
        }
    }

    /// <summary>Unlists a record; false where it is not listed under this hash.</summary>
    internal bool Remove(ulong hash, uint record)
    {
        uint entry = IndexEntry.TagOf(hash, TagMask) | record;
        uint home = Home(hash);
        uint bucket = home;
        for (uint steps = 0; steps < Buckets; steps++, bucket = After(bucket))
        {
            ref uint here = ref At(bucket);
            uint same = Equal(ref here, entry);
            if (same == 0 && Passed(ref here) != 0)
                continue;
            if (same == 0)
                return false;
            Unsafe.Add(ref here, BitOperations.TrailingZeroCount(same)) = IndexEntry.Empty;
            for (; home != bucket; home = After(home))
                Passed(ref At(home))--;
            return true;
        }

        return false;
    }
}
