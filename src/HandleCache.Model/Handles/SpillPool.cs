using System.Runtime.CompilerServices;
using HandleCache.Model.Memory;

namespace HandleCache.Model.Handles;

/// <summary>
/// External buffers for handles too long for the slot, one set of pages per size class, as kmalloc
/// caches are. Takes and gives back without allocating in steady state. A buffer that was given
/// back cannot be reached through its old reference: the reference's tag no longer fits.
/// Not thread-safe: the owner's lock is held around every call.
/// </summary>
public sealed class SpillPool : IDisposable
{
    /// <summary>The kmalloc sizes up to 256 bytes (<c>SLUB.md</c>).</summary>
    private static readonly int[] _kmallocSizes = [8, 16, 32, 64, 96, 128, 192, 256];

    private readonly SpillClass[] _classes;
    private readonly byte[] _classOfLength;

    private SpillPool(int[] sizes)
    {
        _classes = Array.ConvertAll(sizes, size => new SpillClass(size));
        _classOfLength = new byte[sizes[^1] + 1];
        int sizeClass = 0;
        for (int length = 0; length < _classOfLength.Length; length++)
        {
            if (length > sizes[sizeClass])
                sizeClass++;
            _classOfLength[length] = (byte)sizeClass;
        }
    }

    private SpillPool(SpillPool original, LinePool pool)
    {
        _classes = Array.ConvertAll(original._classes, one => new SpillClass(one, pool));
        _classOfLength = original._classOfLength;
    }

    /// <summary>One with the same buffers under the same references.</summary>
    internal SpillPool Copy(LinePool pool) => new(this, pool);

    /// <summary>The longest handle it takes, in bytes.</summary>
    public int MaxLength => _classOfLength.Length - 1;

    public int ClassCount => _classes.Length;

    /// <summary>Buffers in use, all classes.</summary>
    public int Outstanding
    {
        get
        {
            int all = 0;
            foreach (SpillClass sizeClass in _classes)
                all += sizeClass.Outstanding;
            return all;
        }
    }

    /// <summary>Memory of all pages in use, in bytes, tags included.</summary>
    public long MemoryBytes
    {
        get
        {
            long all = 0;
            foreach (SpillClass sizeClass in _classes)
                all += sizeClass.MemoryBytes;
            return all;
        }
    }

    /// <summary>A pool whose classes are the kmalloc sizes 8 to 256.</summary>
    public static SpillPool Kmalloc() => new(_kmallocSizes);

    /// <summary>A pool of one class, a dedicated cache, of <paramref name="sizeBytes"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 1..256.</exception>
    public static SpillPool Dedicated(int sizeBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sizeBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sizeBytes, _kmallocSizes[^1]);
        return new([(sizeBytes + 7) & ~7]);
    }

    /// <summary>Size of the buffers of a class, in bytes.</summary>
    public int ClassSizeBytes(int sizeClass) => _classes[sizeClass].SlotBytes;

    /// <summary>Buffers of a class in use.</summary>
    public int ClassOutstanding(int sizeClass) => _classes[sizeClass].Outstanding;

    /// <summary>
    /// Copies <paramref name="bytes"/> into a buffer of the smallest class that fits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Longer than the largest class.</exception>
    public SpillReference Store(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, MaxLength);
        int sizeClass = _classOfLength[bytes.Length];
        Span<byte> buffer = _classes[sizeClass].Take(sizeClass, out SpillReference reference);
        bytes.CopyTo(buffer);
        return reference;
    }

    /// <summary>The first <paramref name="length"/> bytes of a buffer in use.</summary>
    /// <exception cref="InvalidOperationException">The reference is dead.</exception>
    public ReadOnlySpan<byte> Read(SpillReference reference, int length) =>
        TryRead(reference, length, out ReadOnlySpan<byte> bytes)
            ? bytes
            : throw Dead(reference, "read");

    /// <summary>
    /// As <see cref="Read"/>; false for a dead reference or a length over the class.
    /// </summary>
    public bool TryRead(SpillReference reference, int length, out ReadOnlySpan<byte> bytes)
    {
        int sizeClass = reference.SizeClass;
        if (sizeClass < _classes.Length && _classes[sizeClass].TryRead(reference, out bytes)
            && (uint)length <= (uint)bytes.Length)
        {
            bytes = bytes[..length];
            return true;
        }

        bytes = default;
        return false;
    }

    /// <summary>
    /// Where a buffer and its tag lie, to be read ahead; false where the reference names no buffer,
    /// which a stale one may.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryLocate(SpillReference reference, out nint slot, out nint tag)
    {
        int sizeClass = reference.SizeClass;
        slot = tag = 0;
        if (sizeClass >= _classes.Length
            || !_classes[sizeClass].TryLocate(reference, out nint first))
        {
            return false;
        }

        slot = first + (reference.Slot * _classes[sizeClass].SlotBytes);
        tag = first + SpillPage.DataBytes + (reference.Slot * sizeof(uint));
        return true;
    }

    /// <summary>Gives a buffer back; the reference is dead from here on.</summary>
    /// <exception cref="InvalidOperationException">
    /// Out of range, not a slot, or already given back.
    /// </exception>
    public void Release(SpillReference reference)
    {
        int sizeClass = reference.SizeClass;
        if (sizeClass >= _classes.Length || !_classes[sizeClass].Give(reference))
            throw Dead(reference, "released");
    }

    /// <summary>Checks that every buffer came back.</summary>
    /// <exception cref="InvalidOperationException">Some did not; it counts them.</exception>
    public void Dispose()
    {
        if (Outstanding is var left and not 0)
            throw new InvalidOperationException($"{left} spill buffers were never given back");
    }

    /// <summary>Gives the memory back, none of which is used afterwards.</summary>
    internal void Recycle(LinePool pool)
    {
        foreach (SpillClass sizeClass in _classes)
            sizeClass.Recycle(pool);
    }

    /// <summary>Walks every page and recounts everything.</summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        var errors = new ValidationErrors();
        foreach (SpillClass sizeClass in _classes)
            sizeClass.Validate(errors);
        return errors.All;
    }

    /// <summary>For tests: the class behind the counters.</summary>
    internal SpillClass ClassAt(int sizeClass) => _classes[sizeClass];

    private static InvalidOperationException Dead(SpillReference reference, string what) =>
        new(FormattableString.Invariant(
            $"spill buffer {reference.SizeClass}/{reference.Page}/{reference.Slot} was {what} ")
            + FormattableString.Invariant($"through a dead reference (tag {reference.Tag})"));
}
