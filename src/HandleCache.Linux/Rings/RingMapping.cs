using System.Runtime.InteropServices;
using HandleCache.Linux.Native;

namespace HandleCache.Linux.Rings;

/// <summary>
/// A part of an io_uring that is shared with the kernel (mmap(2) of its descriptor).
/// </summary>
internal sealed unsafe class RingMapping : SafeHandle
{
    private const int ReadWrite = 3;

    /// <summary>MAP_SHARED | MAP_POPULATE.</summary>
    private const int SharedPopulated = 0x8001;

    private readonly nuint _lengthBytes;

    public RingMapping(FileDescriptor ring, nuint lengthBytes, long offset)
        : base(-1, ownsHandle: true)
    {
        _lengthBytes = lengthBytes;
        void* address = LibC.mmap(null, lengthBytes, ReadWrite, SharedPopulated, ring, offset);
        SetHandle((nint)address);
        if (IsInvalid)
            throw new LinuxException(Sys.LastErrno, "mmap io_uring");
    }

    public override bool IsInvalid => handle == -1;

    public byte* Address => (byte*)handle;

    protected override bool ReleaseHandle() =>
        // SAFETY: the address and length of the constructor's mmap.
        LibC.munmap((void*)handle, _lengthBytes) == 0;
}
