using System.Runtime.InteropServices;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// Memory that several processes map (memfd_create(2), mmap(2) MAP_SHARED). It outlives each of
/// them as long as one holds it: what a process wrote before kill -9 is there for the others.
/// Spans of it must not be used after it is disposed.
/// </summary>
public sealed unsafe class SharedMemory : SafeHandle
{
    private const uint CloseOnExec = 1;
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private const int PopulateWrite = 23;
    private const int PageBytes = 4096;

    private SharedMemory(FileDescriptor descriptor, int lengthBytes)
        : base(-1, ownsHandle: true)
    {
        Descriptor = descriptor;
        LengthBytes = lengthBytes;
        void* address = LibC.mmap(
            null, (nuint)lengthBytes, ReadWrite, Shared, descriptor, 0);
        SetHandle((nint)address);
        if (!IsInvalid)
            return;
        Errno errno = Sys.LastErrno;
        descriptor.Dispose();
        throw new LinuxException(errno, "mmap");
    }

    /// <summary>What another process needs to map it.</summary>
    public FileDescriptor Descriptor { get; }

    public int LengthBytes { get; }

    public override bool IsInvalid => handle == -1;

    // SAFETY: the mapping has LengthBytes bytes until this object is disposed.
    public Span<byte> Bytes => new((void*)handle, LengthBytes);

    /// <summary>New memory, all zero; pages are taken when they are first touched.</summary>
    public static SharedMemory Create(string name, int lengthBytes)
    {
        // SAFETY: a NUL-terminated name, pinned for the call.
        fixed (byte* text = CString.FromString(name))
        {
            int fd = LibC.memfd_create(text, CloseOnExec);
            Sys.Require(fd, "memfd_create");
            FileDescriptor descriptor = FileDescriptor.Own(fd);
            Errno errno = Files.Truncate(descriptor, lengthBytes);
            if (errno == Errno.None)
                return new SharedMemory(descriptor, lengthBytes);
            descriptor.Dispose();
            throw new LinuxException(errno, "ftruncate");
        }
    }

    /// <summary>Maps memory of another process and owns its descriptor from here on.</summary>
    public static SharedMemory Map(FileDescriptor descriptor, int lengthBytes) =>
        new(descriptor, lengthBytes);

    /// <summary>
    /// Maps every page of a range now, and keeps it mapped where the limit of locked memory
    /// (RLIMIT_MEMLOCK) allows: who is killed in the kernel gets no page any more.
    /// </summary>
    public void Hold(int startByte, int lengthBytes)
    {
        int start = startByte / PageBytes * PageBytes;
        nuint length = (nuint)(Bytes.Slice(startByte, lengthBytes).Length + startByte - start);
        byte* from = (byte*)handle + start;

        // SAFETY: the range lies in the mapping, as the slice has checked.
        if (LibC.madvise(from, length, PopulateWrite) != 0)
        {
            // Before Linux 5.14: one read of each page maps it, for writing too.
            for (nuint at = 0; at < length; at += PageBytes)
                Volatile.Read(ref from[at]);
        }

        // SAFETY: as above. A failure leaves the pages mapped, only not permanently.
        _ = LibC.mlock(from, length);
    }

    protected override bool ReleaseHandle() =>
        // SAFETY: the address and length of the constructor's mmap.
        LibC.munmap((void*)handle, (nuint)LengthBytes) == 0;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            Descriptor.Dispose();
    }
}
