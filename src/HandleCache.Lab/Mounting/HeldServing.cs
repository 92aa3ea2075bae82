using HandleCache.Linux;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;

namespace HandleCache.Lab.Mounting;

/// <summary>The server process of a held mount, from its options.</summary>
public static class HeldServing
{
    /// <param name="device">Descriptor of the device; owned from here on.</param>
    /// <param name="init">The kernel's INIT.</param>
    /// <param name="life">Which server of the mount this is.</param>
    /// <param name="options">Those of the mount; its mount point does not matter.</param>
    /// <exception cref="IOException">The server failed.</exception>
    public static void Run(int device, byte[] init, ulong life, MountOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        HeldServer.Run(
            FileDescriptor.Own(device), init, life, options.Source,
            MountPlaces.PassthroughOf(options) with
            {
                // What the kernel has forgotten comes back with its handle.
                Forgotten = ForgottenHandles.Drop,

                // The epoch is of names. A file that an earlier life gave is found out when its
                // attributes are asked for, and what its pages hold is not read before that. A
                // directory's stay: where they have expired, a walk asks for them by the nodeid
                // (fuse_permission(), fs/fuse/dir.c) before LOOKUP could bring the handle.
                AttributeValid = TimeSpan.Zero,
                DirectoryAttributeValid = TimeSpan.FromSeconds(options.TimeoutSeconds),
            },
            options.Session);
    }
}
