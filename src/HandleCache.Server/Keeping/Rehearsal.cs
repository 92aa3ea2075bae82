using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Keeping;

/// <summary>
/// Serves a few requests that change nothing before the server says that it is ready: whatever a
/// process does only once (load code, compile it) is then behind it, and the first caller after a
/// death does not wait for that.
/// </summary>
/// <remarks>
/// The device is a socket pair here, and one thread plays both the kernel and the keeper. One
/// request names a nodeid that nobody knows, so the question to the keeper is rehearsed too.
/// </remarks>
internal static class Rehearsal
{
    /// <summary>What a session may agree to here, bytes.</summary>
    public const int MaxWriteBytes = 1 << 16;

    /// <summary>One request is under way at a time.</summary>
    private const ulong Unique = 2;

    private const int BufferBytes = MaxWriteBytes + 8192;
    private const ulong UnknownNodeId = 1UL << 62;

    public delegate void Server(
        KeeperLink link, KeeperMemory memory, List<FuseDevice> devices, byte[] init);

    /// <summary>Returns when the server has answered all.</summary>
    /// <exception cref="IOException">It answered something else than what was asked.</exception>
    public static void Run(Server serve)
    {
        ArgumentNullException.ThrowIfNull(serve);
        (PacketSocket asked, PacketSocket asking) = PacketSocket.CreatePair();
        (PacketSocket kernel, PacketSocket device) = PacketSocket.CreatePair();
        using KeeperMemory memory = KeeperMemory.Create(BufferBytes);
        using KeeperLink link = new(asking);
        IOException? failure = null;
        Thread others = new(() =>
        {
            // Closing both ends is what ends the server, also where this side fails.
            using (asked)
            using (kernel)
            {
                try
                {
                    Play(asked, kernel);
                }
                catch (IOException e)
                {
                    failure = e;
                }
            }
        })
        {
            IsBackground = true,
            Name = "rehearsal",
        };
        others.Start();
        serve(link, memory, [FuseDevice.Adopt(device.Descriptor)], Init());
        others.Join();
        if (failure is not null)
            throw new IOException($"the rehearsal failed: {failure.Message}", failure);
    }

    private static void Play(PacketSocket keeper, PacketSocket kernel)
    {
        byte[] buffer = new byte[BufferBytes];
        AnswerKeeper(keeper, buffer, KeeperVerb.Init);
        Ask(kernel, FuseOpcode.FUSE_GETATTR, 1, Of(default(fuse_getattr_in)), buffer);
        Ask(kernel, FuseOpcode.FUSE_LOOKUP, 1, ".\0"u8.ToArray(), buffer);
        Ask(kernel, FuseOpcode.FUSE_OPENDIR, 1, Of(default(fuse_open_in)), buffer);
        ulong fh = MemoryMarshal.Read<fuse_open_out>(
            buffer.AsSpan(FuseReply.HeaderBytes)).fh;
        fuse_read_in listing = new() { fh = fh, size = 4096 };
        Ask(kernel, FuseOpcode.FUSE_READDIRPLUS, 1, Of(listing), buffer);
        Ask(kernel, FuseOpcode.FUSE_RELEASEDIR, 1, Of(new fuse_release_in { fh = fh }), buffer);

        Send(kernel, FuseOpcode.FUSE_GETATTR, UnknownNodeId, Of(default(fuse_getattr_in)));
        AnswerKeeper(keeper, buffer, KeeperVerb.Nothing);
        Receive(kernel, buffer);
    }

    private static void AnswerKeeper(PacketSocket keeper, byte[] buffer, KeeperVerb verb)
    {
        Require(keeper.Receive(buffer, out ReceivedPacket packet, null), packet);
        KeeperMessage answer = new() { Verb = verb };
        SysResult sent = keeper.Send(
            MemoryMarshal.AsBytes(new ReadOnlySpan<KeeperMessage>(in answer)));
        if (sent.Failed)
            throw new LinuxException(sent.Errno, "answer in the keeper's place");
    }

    private static void Ask(
        PacketSocket kernel, FuseOpcode opcode, ulong nodeid, byte[] arguments, byte[] buffer)
    {
        Send(kernel, opcode, nodeid, arguments);
        Receive(kernel, buffer);
    }

    private static void Send(
        PacketSocket kernel, FuseOpcode opcode, ulong nodeid, byte[] arguments)
    {
        SysResult sent = kernel.Send(MessageBuilder.Request(opcode, Unique, nodeid, arguments));
        if (sent.Failed)
            throw new LinuxException(sent.Errno, "send in the kernel's place");
    }

    private static void Receive(PacketSocket kernel, byte[] buffer) =>
        Require(kernel.Receive(buffer, out ReceivedPacket packet, null), packet);

    private static void Require(Errno errno, in ReceivedPacket packet)
    {
        if (errno != Errno.None)
            throw new LinuxException(errno, "receive in the kernel's or the keeper's place");
        if (packet.LengthBytes == 0)
            throw new IOException("the server ended");
    }

    private static byte[] Init()
    {
        fuse_init_in offer = new()
        {
            major = FuseConstants.FUSE_KERNEL_VERSION,
            minor = FuseConstants.FUSE_KERNEL_MINOR_VERSION,
            max_readahead = 1 << 17,
            flags = uint.MaxValue,
        };
        return MessageBuilder.Request(FuseOpcode.FUSE_INIT, Unique, 0, Of(offer));
    }

    private static byte[] Of<T>(in T value)
        where T : unmanaged =>
        MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)).ToArray();
}
