using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// /dev/fuse: one read is one request, one write is one reply (fs/fuse/dev.c). ENODEV from a
/// read is the unmounted file system; ENOENT from a write is a reply no longer wanted.
/// </summary>
public sealed unsafe class FuseDevice : IDisposable
{
    /// <summary>FUSE_DEV_IOC_CLONE (ABI.md).</summary>
    private const uint CloneRequest = 0x8004E500;

    /// <summary>FUSE_DEV_IOC_BACKING_OPEN and _CLOSE (include/uapi/linux/fuse.h).</summary>
    private const uint BackingOpenRequest = 0x4010E501;
    private const uint BackingCloseRequest = 0x4004E502;

    private readonly FuseDriver _driver;

    private FuseDevice(FileDescriptor descriptor, FuseDriver driver)
    {
        Descriptor = descriptor;
        _driver = driver;
    }

    public FileDescriptor Descriptor { get; }

    /// <summary>Opens the device; not connected to a mount yet.</summary>
    public static FuseDevice Open(FuseDriver driver, bool nonBlocking = false)
    {
        ArgumentNullException.ThrowIfNull(driver);
        int flags = OpenFlags.ReadWrite | (nonBlocking ? OpenFlags.NonBlock : 0);
        return new FuseDevice(Files.Open(driver.Device, flags), driver);
    }

    /// <summary>
    /// A device descriptor that came from elsewhere (another process, /dev/fd/N).
    /// </summary>
    public static FuseDevice Adopt(FileDescriptor descriptor) =>
        new(descriptor, FuseDriver.BuiltIn);

    /// <summary>
    /// One more descriptor of the same connection, with a processing queue of its own. A reply
    /// must be written to the descriptor its request was read from.
    /// </summary>
    public FuseDevice Clone(bool nonBlocking = false)
    {
        FuseDevice clone = Open(_driver, nonBlocking);
        uint number = (uint)Descriptor.Number;
        // SAFETY: the ioctl reads one u32.
        int result = LibC.ioctl(clone.Descriptor, CloneRequest, &number);
        if (result >= 0)
            return clone;
        Errno errno = Sys.LastErrno;
        clone.Dispose();
        throw new LinuxException(errno, "ioctl FUSE_DEV_IOC_CLONE", _driver.Device);
    }

    /// <summary>Reads one request; the buffer must hold the largest (EINVAL otherwise).</summary>
    public SysResult Read(Span<byte> buffer) => Files.Read(Descriptor, buffer);

    /// <summary>Writes one whole reply or notification.</summary>
    public SysResult Write(ReadOnlySpan<byte> message) => Files.Write(Descriptor, message);

    /// <summary>Writes one reply from two places, without a copy.</summary>
    public SysResult Write(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        // SAFETY: both spans are pinned for the call, the lengths are theirs.
        fixed (byte* first = header)
        fixed (byte* second = body)
        {
            IoVec* vectors = stackalloc IoVec[2];
            vectors[0] = new IoVec { Base = first, LengthBytes = (nuint)header.Length };
            vectors[1] = new IoVec { Base = second, LengthBytes = (nuint)body.Length };
            int count = body.IsEmpty ? 1 : 2;
            return Sys.Count(LibC.writev(Descriptor, vectors, count));
        }
    }

    /// <summary>
    /// Gives the kernel a regular file to read and write by itself (fuse_backing_open(),
    /// fs/fuse/passthrough.c), with the credentials of the calling thread; the id to name it by.
    /// ELOOP: its file system lies on another itself; EPERM: not agreed on, or no CAP_SYS_ADMIN.
    /// </summary>
    /// <param name="file">Open, O_PATH will do; the kernel has a hold of its own.</param>
    public SysResult OpenBacking(FileDescriptor file)
    {
        using DescriptorScope scope = new(file);
        BackingMap map = new() { Fd = file.Number };
        // SAFETY: the ioctl reads one BackingMap.
        return Sys.Count(LibC.ioctl(Descriptor, BackingOpenRequest, &map));
    }

    /// <summary>The id is no more; what the kernel has open by it stays open.</summary>
    public Errno CloseBacking(int id)
    {
        // SAFETY: the ioctl reads one u32.
        return Sys.Status(LibC.ioctl(Descriptor, BackingCloseRequest, &id));
    }

    public void Dispose() => Descriptor.Dispose();
}
