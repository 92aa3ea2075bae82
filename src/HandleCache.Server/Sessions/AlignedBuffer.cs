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
    public AlignedBuffer(int headBytes, int lengthBytes)
    {
        _array = GC.AllocateUninitializedArray<byte>(lengthBytes + PageBytes, pinned: true);
        nint body = Marshal.UnsafeAddrOfPinnedArrayElement(_array, 0) + headBytes;
        _start = (int)(-body & (PageBytes - 1));
        _lengthBytes = lengthBytes;
    }

    public Span<byte> Bytes => _array.AsSpan(_start, _lengthBytes);
}
