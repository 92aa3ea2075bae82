using System.Runtime.InteropServices;

namespace HandleCache.Linux.Rings;

/// <summary>
/// Memory beyond the garbage collector, on a page boundary, whose address the kernel may keep.
/// Spans of it must not be used after it is disposed.
/// </summary>
internal sealed unsafe class AlignedMemory : SafeHandle
{
    private const int PageBytes = 4096;

    public AlignedMemory(int lengthBytes)
        : base(0, ownsHandle: true)
    {
        LengthBytes = lengthBytes;
        SetHandle((nint)NativeMemory.AlignedAlloc((nuint)lengthBytes, PageBytes));
    }

    public int LengthBytes { get; }

    public override bool IsInvalid => handle == 0;

    public byte* Address => (byte*)handle;

    // SAFETY: the allocation has LengthBytes bytes until this object is disposed.
    public Span<byte> Bytes => new((void*)handle, LengthBytes);

    protected override bool ReleaseHandle()
    {
        // SAFETY: the address of the constructor's allocation, released once.
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
