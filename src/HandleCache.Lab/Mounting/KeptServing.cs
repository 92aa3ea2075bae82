using HandleCache.Linux;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;

namespace HandleCache.Lab.Mounting;

/// <summary>The server process of a kept mount, from its options.</summary>
public static class KeptServing
{
    /// <param name="socket">Descriptor of the keeper's socket; owned from here on.</param>
    /// <param name="options">Those of the mount; its mount point does not matter.</param>
    /// <exception cref="IOException">The keeper is gone, or the server failed.</exception>
    public static void Run(int socket, MountOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        KeptServer.Run(
            FileDescriptor.Own(socket), options.Source, MountPlaces.PassthroughOf(options),
            options.Session);
    }
}
