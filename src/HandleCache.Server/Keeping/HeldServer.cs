using HandleCache.Linux;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The server process of a mount whose device is held, and no more than that: it begins with an
/// empty table, and knows of earlier lives what requests bring. For a kernel that has handles. An
/// open file of an earlier life, and a nodeid that comes without a handle, are ESTALE.
/// </summary>
public static class HeldServer
{
    /// <summary>A life has so many nodeids and fhs of its own, so that no two ever meet.</summary>
    private const int LifeShift = 40;

    /// <param name="device">The connection; owned from here on.</param>
    /// <param name="init">The kernel's INIT, which it sends once for all lives.</param>
    /// <param name="life">1, 2, ...: no two servers of a mount have the same.</param>
    /// <param name="source">The directory to serve.</param>
    /// <param name="passthrough">How; what belongs to a life is filled in here.</param>
    /// <param name="session">How.</param>
    /// <exception cref="IOException">The server failed.</exception>
    public static void Run(
        FileDescriptor device, byte[] init, ulong life, string source,
        PassthroughOptions passthrough, SessionOptions session)
    {
        ArgumentNullException.ThrowIfNull(session);
        using HeldChannel channel = new(FuseDevice.Adopt(device), init);
        using PassthroughFileSystem served = new(source, passthrough with
        {
            FirstNodeId = (life << LifeShift) + 2,
            FirstFh = (life << LifeShift) + 1,
            KernelAppends = true,
        });
        using FuseSession running = new(channel, served, session with
        {
            FileSystemType = session.Dialect.FileSystemType,
        });
        running.Run();
    }
}
