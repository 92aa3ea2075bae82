using HandleCache.Linux;

namespace HandleCache.Server.Channels;

/// <summary>
/// What a channel to today's kernel has beside messages: files that the kernel reads and writes
/// by itself (FUSE_PASSTHROUGH).
/// </summary>
public interface IBackingFiles
{
    /// <summary>
    /// Gives the kernel a regular file, with the credentials of the calling thread; its id, which
    /// is valid on this connection until it is closed.
    /// </summary>
    SysResult Open(FileDescriptor file);

    /// <summary>The id is no more; what is open by it stays open.</summary>
    void Close(int id);
}

/// <summary>Backing files of the connection of a device.</summary>
internal sealed class DeviceBacking(FuseDevice device) : IBackingFiles
{
    public SysResult Open(FileDescriptor file) => device.OpenBacking(file);

    /// <summary>With a connection that has ended its ids have ended, too.</summary>
    public void Close(int id)
    {
        if (!device.Descriptor.IsClosed)
            device.CloseBacking(id);
    }
}
