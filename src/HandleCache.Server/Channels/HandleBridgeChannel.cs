using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Channels;

/// <summary>
/// Lets a server that sends file handles speak to a kernel that knows none: offers the dialect
/// in INIT, takes the server's yes out of the answer, and translates requests and replies
/// (<see cref="DialectLink"/>). What lies above (a tap) sees the dialect, what lies below sees
/// classic traffic.
/// </summary>
public sealed class HandleBridgeChannel(IChannel inner, Dialect dialect) : IChannel
{
    private readonly Dialect _dialect = dialect;
    private volatile Dialect _agreed = Dialect.Classic;
    private volatile bool _hasSecondFlags;

    public IChannelPort OpenPort() => new Port(this, inner.OpenPort());

    public void Close() => inner.Close();

    public void Dispose() => inner.Dispose();

    private sealed class Port(HandleBridgeChannel bridge, IChannelPort inner) : IChannelPort
    {
        private readonly Lock _lock = new();
        private readonly DialectLink _link = new();

        /// <summary>Grown to the largest request that the dialect changes.</summary>
        private byte[] _request = new byte[4096];

        /// <summary>Of INIT, until it is answered.</summary>
        private ulong? _initUnique;

        public SysResult Receive(Span<byte> buffer)
        {
            while (true)
            {
                lock (_lock)
                {
                    if (_link.TryTakeOwn(buffer, out int own))
                        return SysResult.Success(own);
                }

                SysResult received = inner.Receive(buffer);
                if (received.Failed || received.Value == 0)
                    return received;
                Span<byte> message = buffer[..(int)received.Value];
                if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
                    return received;
                if (!bridge._agreed.Lacks(request.Opcode))
                    return ToServer(buffer, message, request, received);
                inner.Send(MessageBuilder.Failure(request.Header.unique, Errno.ENOSYS));
            }
        }

        /// <summary>A request of the kernel as the server gets it.</summary>
        private SysResult ToServer(
            Span<byte> buffer, ReadOnlySpan<byte> message, in FuseRequest request,
            SysResult received)
        {
            lock (_lock)
            {
                if (request.Opcode == FuseOpcode.FUSE_INIT)
                {
                    _initUnique = request.Header.unique;
                    return SysResult.Success(OfferHandles(buffer, request.Header));
                }

                _link.Agreed = bridge._agreed;
                return _link.Changes(request.Opcode)
                    ? SysResult.Success(Translate(buffer, message))
                    : received;
            }
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
                return inner.Send(message);
            lock (_lock)
            {
                if (_initUnique == reply.Header.unique)
                {
                    _initUnique = null;
                    return reply.Header.error == 0
                        ? SendInit(message, reply)
                        : inner.Send(message);
                }

                Uncounted visitor = default;
                if (!_link.ToKernel(message, reply, ref visitor, out ReadOnlySpan<byte> classic))
                    return Errno.None;
                Errno errno = inner.Send(classic);
                if (errno != Errno.None)
                    _link.NotTaken();
                return errno;
            }
        }

        public void Dispose() => inner.Dispose();

        private int Translate(Span<byte> buffer, ReadOnlySpan<byte> message)
        {
            if (_request.Length < message.Length)
                _request = GC.AllocateUninitializedArray<byte>(2 * message.Length);
            message.CopyTo(_request);
            return FuseRequest.TryParse(
                _request.AsSpan(0, message.Length), out FuseRequest request, out _)
                ? _link.ToServer(request, 0, default, buffer)
                : message.Length;
        }

        /// <summary>
        /// Adds the offer; the message's new length, bytes. One of 16 bytes, as before 7.36, grows
        /// to the whole struct, which alone has room for the bit.
        /// </summary>
        private int OfferHandles(Span<byte> buffer, in fuse_in_header header)
        {
            WireReader reader = new(buffer[FuseRequest.HeaderBytes..(int)header.len]);
            int bytes = FuseRequest.HeaderBytes + Unsafe.SizeOf<fuse_init_in>();
            if (!InitReader.TryRead(ref reader, out fuse_init_in init)
                || buffer.Length < bytes)
            {
                return (int)header.len;
            }

            bridge._hasSecondFlags =
                ((FuseInitFlags)init.flags & FuseInitFlags.FUSE_INIT_EXT) != 0;
            DialectLink.Offer(ref init, bridge._dialect);
            bytes = Math.Max(bytes, (int)header.len);
            MemoryMarshal.Write(buffer, header with { len = (uint)bytes });
            MemoryMarshal.Write(buffer[FuseRequest.HeaderBytes..], init);
            return bytes;
        }

        private Errno SendInit(ReadOnlySpan<byte> message, in FuseReply reply)
        {
            if (!MemoryMarshal.TryRead(reply.Body, out fuse_init_out init))
            {
                bridge._agreed = Dialect.Classic;
                return inner.Send(message);
            }

            bridge._agreed = HandleOffer.Read(init, bridge._dialect).Dialect;
            HandleOffer.Withdraw(ref init, bridge._dialect);
            if (!bridge._hasSecondFlags)
            {
                // The second word was there for the bridge alone: the kernel has offered none.
                init.flags &= ~(uint)FuseInitFlags.FUSE_INIT_EXT;
                init.flags2 = 0;
            }

            byte[] classic = message.ToArray();
            MemoryMarshal.Write(classic.AsSpan(FuseReply.HeaderBytes), init);
            return inner.Send(classic);
        }

        /// <summary>Nobody counts here.</summary>
        private readonly struct Uncounted : IEntryVisitor
        {
            public void Visit(in WireEntry entry) { }
        }
    }
}
