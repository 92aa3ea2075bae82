using HandleCache.Linux;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The server process of a keeper: takes memory, devices and the kernel's INIT from it and
/// serves until the file system is unmounted. It may be killed at any instant; all it knows that
/// another life needs is in the keeper's memory.
/// </summary>
public static class KeptServer
{
    /// <summary>A life has so many nodeids and fhs of its own.</summary>
    private const int LifeShift = 40;

    /// <param name="socket">The end of the keeper's socket that this process was born with.</param>
    /// <param name="source">The directory to serve.</param>
    /// <param name="passthrough">How; what belongs to a life is filled in here.</param>
    /// <param name="session">
    /// How; the number of workers is filled in here, and its dialect brings the handle in every
    /// request: a nodeid that only LOOKUP could bind again would be lost to all others.
    /// </param>
    /// <exception cref="IOException">The keeper is gone, or the server failed.</exception>
    public static void Run(
        FileDescriptor socket, string source, PassthroughOptions passthrough,
        SessionOptions session)
    {
        ArgumentNullException.ThrowIfNull(session);
        session = session with
        {
            Dialect = session.Dialect.With(
                session.Dialect.Options with { HandleInEveryRequest = true }),
            FileSystemType = session.Dialect.FileSystemType,
        };
        using KeeperLink link = new(PacketSocket.Adopt(socket));
        Rehearsal.Run((rehearsed, memory, devices, init) => Serve(
            rehearsed, memory, devices, init, default, source, passthrough,
            session with { MaxWriteBytes = Rehearsal.MaxWriteBytes }));
        link.SayReady();
        List<FileDescriptor> descriptors = [];
        KeeperMessage hello = link.ReceiveHello(descriptors, out byte[] firstRequest);
        using KeeperMemory shared = KeeperMemory.Map(descriptors[0], (int)hello.Other);
        shared.HoldBuffers(descriptors.Count - 1);
        Serve(
            link, shared, [.. descriptors.Skip(1).Select(FuseDevice.Adopt)], firstRequest, hello,
            source, passthrough, session);
    }

    private static void Serve(
        KeeperLink link, KeeperMemory memory, List<FuseDevice> devices, byte[] init,
        in KeeperMessage hello, string source, PassthroughOptions passthrough,
        SessionOptions session)
    {
        using KeptChannel channel = new(link, memory, devices, init, session.Dialect);
        ulong life = hello.Number;
        bool isFirst = hello.Flag == 0;
        using PassthroughFileSystem served = new(source, passthrough with
        {
            FirstNodeId = (life << LifeShift) + 2,
            FirstFh = (life << LifeShift) + 1,
            KnownNodes = isFirst ? null : new KnownNodes(link),
            KernelAppends = true,
            Settled = (rule, known) => channel.Log.Write(
                LogKind.Settled, 0, 0, 0, 0, (uint)rule, known ? 1u : 0u),
        });
        using FuseSession running = new(channel, served, session with
        {
            Workers = devices.Count,
        });
        running.Run();
    }

    private sealed class KnownNodes(KeeperLink link) : IKnownNodes
    {
        public ulong NodeIdOf(in FileHandleBuffer handle, out bool isForgotten) =>
            link.NodeIdOf(handle, out isForgotten);
    }
}
