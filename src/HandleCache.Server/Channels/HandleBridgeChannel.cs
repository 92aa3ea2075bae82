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
/// in INIT, takes the server's yes out of the answer and the handles out of every entry. What
/// lies above (a tap) sees the handles, what lies below sees classic traffic.
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
        private readonly PendingRequests _pending = new();

        /// <summary>
        /// Grown to the largest reply seen; a port's replies are sent one at a time.
        /// </summary>
        private byte[] _classic = new byte[4096];

        public SysResult Receive(Span<byte> buffer)
        {
            SysResult received = inner.Receive(buffer);
            if (received.Failed || received.Value == 0)
                return received;
            Span<byte> message = buffer[..(int)received.Value];
            if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
                return received;
            FuseOpcode opcode = request.Opcode;
            if (opcode == FuseOpcode.FUSE_INIT)
                received = SysResult.Success(OfferHandles(buffer, request.Header));
            if (opcode == FuseOpcode.FUSE_INIT
                || Operation.Of(opcode).Entry != EntryReplyForm.None)
            {
                lock (_lock)
                    _pending.Add(request.Header.unique, new(opcode, request.Header.nodeid));
            }

            return received;
        }

        public Errno Send(ReadOnlySpan<byte> message)
        {
            if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
                return inner.Send(message);
            lock (_lock)
            {
                if (!_pending.TryGet(reply.Header.unique, out PendingRequest request))
                    return inner.Send(message);
                _pending.Remove(reply.Header.unique);
                if (reply.Header.error != 0)
                    return inner.Send(message);
                return request.Opcode == FuseOpcode.FUSE_INIT
                    ? SendInit(message, reply)
                    : SendEntries(request.Opcode, message, reply);
            }
        }

        public void Dispose() => inner.Dispose();

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
            HandleOffer.Offer(ref init, bridge._dialect);
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

            Span<byte> classic = Room(message.Length);
            message.CopyTo(classic);
            MemoryMarshal.Write(classic[FuseReply.HeaderBytes..], init);
            return inner.Send(classic[..message.Length]);
        }

        private Errno SendEntries(FuseOpcode opcode, ReadOnlySpan<byte> message, in FuseReply reply)
        {
            Dialect agreed = bridge._agreed;
            if (!agreed.CarriesHandles)
                return inner.Send(message);
            Span<byte> classic = Room(message.Length);
            WireError fault = ClassicReply.Convert(
                agreed, opcode, reply, classic, out int bytes);

            // A reply that is not of the agreed shape is the kernel's to refuse: passed as it is.
            return inner.Send(fault.IsError ? message : classic[..bytes]);
        }

        private Span<byte> Room(int bytes)
        {
            if (_classic.Length < bytes)
                _classic = GC.AllocateUninitializedArray<byte>(
                    Math.Max(bytes, 2 * _classic.Length));
            return _classic;
        }
    }
}
