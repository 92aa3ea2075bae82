using System.Runtime.InteropServices;

namespace HandleCache.Server.Sessions;

/// <summary>
/// A buffer that never moves, in which the byte behind a head of known length lies on a page
/// boundary: the kernel copies pages from and to there, and copies between aligned places are
/// its fastest.
/// </summary>
internal sealed class AlignedBuffer
{
    private const int PageBytes = 4096;

    private readonly byte[] _array;
    private readonly int _start;
    private readonly int _lengthBytes;

    /// <param name="headBytes">What lies before the aligned byte, part of the length.</param>
    /// <param name="lengthBytes">Of the whole.</param>
    /// <param name="isAligned">False where no kernel copies: an ordinary array then.</param>
    public AlignedBuffer(int headBytes, int lengthBytes, bool isAligned)
    {
        _lengthBytes = lengthBytes;
        if (!isAligned)
        {
            _array = GC.AllocateUninitializedArray<byte>(lengthBytes);
            return;
        }

        _array = GC.AllocateUninitializedArray<byte>(lengthBytes + PageBytes, pinned: true);
        nint body = Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) + headBytes;
        _start = (int)(-body & (PageBytes - 1));
    }

    public static AlignedBuffer Empty { get; } = new(0, 0, isAligned: false);

    public Span<byte> Bytes => _array.AsSpan(_start, _lengthBytes);
}
