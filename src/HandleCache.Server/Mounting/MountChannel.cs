namespace HandleCache.Server.Mounting;

/// <summary>How requests come from the kernel.</summary>
public enum MountChannel
{
    /// <summary>read(2) and write(2) of /dev/fuse.</summary>
    Device,

    /// <summary>FUSE over io_uring: one queue for each processor.</summary>
    Ring,
}
