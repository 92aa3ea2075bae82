using System.Buffers.Binary;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// An eventfd that ends waits: once <see cref="Set"/>, it stays readable, so every thread that
/// polls it wakes, now and later.
/// </summary>
public sealed class WakeEvent : IDisposable
{
    private const int CloseOnExec = 0x80000;
    private const int NonBlock = 0x800;

    public WakeEvent()
    {
        int fd = LibC.eventfd(0, CloseOnExec | NonBlock);
        Sys.Require(fd, "eventfd");
        Descriptor = FileDescriptor.Own(fd);
    }

    public FileDescriptor Descriptor { get; }

    public void Set()
    {
        Span<byte> one = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(one, 1);
        SysResult written = Files.Write(Descriptor, one);
        if (written.Failed && written.Errno != Errno.EAGAIN)
            throw new LinuxException(written.Errno, "write eventfd");
    }

    public void Dispose() => Descriptor.Dispose();
}
