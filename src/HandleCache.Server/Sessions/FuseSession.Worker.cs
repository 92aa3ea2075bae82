using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Sessions;

/// <summary>What one thread of a session does.</summary>
public sealed partial class FuseSession
{
    /// <summary>
    /// One reader: a port, a receive buffer, a reply buffer, one request at a time.
    /// </summary>
    private sealed class Worker(FuseSession session, IChannelPort port)
    {
        /// <summary>
        /// Room beside the data of the largest READ, WRITE or directory reply, bytes.
        /// </summary>
        private const int HeadRoomBytes = 8192;

        /// <summary>What lies before the data of a WRITE: fuse_in_header, fuse_write_in.</summary>
        private const int WriteHeadBytes = 80;

        private readonly InFlightRequest _inFlight = session._interrupts.AddWorker();

        private readonly byte[] _converted = new byte[1024];

        private SessionAgreement? _agreement;
        private AlignedBuffer _receive = AlignedBuffer.Empty;
        private AlignedBuffer _reply = AlignedBuffer.Empty;

        /// <summary>Answers INIT; null when the channel was closed first.</summary>
        public SessionAgreement? Negotiate()
        {
            Span<byte> buffer = new byte[session._options.MaxWriteBytes + HeadRoomBytes];
            SysResult received = port.Receive(buffer);
            if (received is { Failed: false, Value: 0 })
                return null;
            if (received.Failed)
                throw new LinuxException(received.Errno, "receive INIT");
            ReadOnlySpan<byte> message = buffer[..(int)received.Value];
            if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
                throw new IOException($"malformed INIT: {error}");
            WireReader reader = request.Reader;
            if (request.Opcode != FuseOpcode.FUSE_INIT
                || !InitReader.TryRead(ref reader, out fuse_init_in offer))
                throw new IOException($"expected INIT, got {request.Opcode}: {reader.Error}");

            SessionAgreement? agreement =
                InitNegotiator.Answer(offer, session._options, out fuse_init_out answer);
            ReplyBuilder reply = new(buffer[FuseReply.HeaderBytes..], Dialect.Classic);
            ulong unique = request.Header.unique;
            if (agreement is not null)
                reply.Write(answer);
            Errno errno = agreement is null ? Errno.EPROTO : Errno.None;
            Errno sent = Send(buffer, unique, errno, reply.BodyBytes);
            if (agreement is null)
            {
                throw new IOException(
                    $"protocol {offer.major}.{offer.minor} is older than "
                    + $"{FuseConstants.FUSE_KERNEL_VERSION}.{InitNegotiator.OldestMinor}");
            }

            return sent == Errno.None ? agreement : throw new LinuxException(sent, "answer INIT");
        }

        public void Serve(SessionAgreement agreement)
        {
            Agree(agreement, isAligned: true);
            while (ServeNext(mayBeEmpty: false))
            {
            }
        }

        /// <param name="agreement">What INIT came to.</param>
        /// <param name="isAligned">The channel is the device, which copies pages.</param>
        public void Agree(SessionAgreement agreement, bool isAligned)
        {
            _agreement = agreement;
            int bytes = agreement.MaxWriteBytes + HeadRoomBytes;
            _receive = new AlignedBuffer(WriteHeadBytes, bytes, isAligned);
            _reply = new AlignedBuffer(FuseReply.HeaderBytes, bytes, isAligned);
        }

        /// <summary>Serves one request; false when there is none and none is waited for.</summary>
        /// <param name="mayBeEmpty">The channel does not wait: EAGAIN is no failure.</param>
        public bool ServeNext(bool mayBeEmpty)
        {
            Span<byte> buffer = _receive.Bytes;
            SysResult received = port.Receive(buffer);
            if (mayBeEmpty && received is { Failed: true, Errno: Errno.EAGAIN })
                return false;
            if (received.Failed)
                throw new LinuxException(received.Errno, "receive");
            if (received.Value == 0)
                return false;
            Handle(buffer[..(int)received.Value], _agreement!);
            return true;
        }

        private void Handle(ReadOnlySpan<byte> message, SessionAgreement agreement)
        {
            if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            {
                RefuseUnparsable(message);
                return;
            }

            Dialect dialect = agreement.Handles.Dialect;
            WireError unread = dialect.ReadRequest(request, out WireRequest wire);
            if (unread.IsError)
            {
                Send(_reply.Bytes, request.Header.unique, Errno.EINVAL, 0);
                return;
            }

            if (dialect.HasOwnMessages)
                request = request.As(wire.Header, wire.Body);
            bool setxattrExt = (agreement.Flags & FuseInitFlags.FUSE_SETXATTR_EXT) != 0;
            WireError fault = request.CheckShape(setxattrExt);
            if (IsSettled(request, fault))
                return;
            ulong unique = request.Header.unique;
            if (wire.IsUnsupported)
            {
                Send(_reply.Bytes, unique, Errno.EOPNOTSUPP, 0);
                return;
            }

            if (fault.IsError)
            {
                // ENOSYS would switch the operation off for the whole mount; only an opcode that
                // nobody here knows deserves that.
                Send(_reply.Bytes, unique, fault.Fault == WireFault.UnknownCode
                    ? Errno.ENOSYS : Errno.EINVAL, 0);
                return;
            }

            session._interrupts.Begin(_inFlight, unique);
            bool isConverted = dialect.HasReplyOfItsOwn(request.Opcode);
            ReplyBuilder reply = new(
                _reply.Bytes[FuseReply.HeaderBytes..], isConverted ? EntryForm : dialect);
            RequestContext context = new(request.Header, request.Extensions, _inFlight);
            Errno errno = Rebind(request, wire, dialect);
            if (errno == Errno.None)
            {
                errno = RequestDispatcher.Dispatch(
                    session._fileSystem, request, context, setxattrExt, ref reply);
            }

            _inFlight.End();
            int bodyBytes = errno == Errno.None ? reply.BodyBytes : 0;
            ReadOnlySpan<byte> body = _reply.Bytes.Slice(FuseReply.HeaderBytes, bodyBytes);
            Errno sent = bodyBytes > 0 && isConverted
                ? SendConverted(request.Opcode, wire.IsAlone, dialect, unique, body)
                : Send(_reply.Bytes, unique, errno, bodyBytes);
            if (sent != Errno.None || !RepliesEntry(dialect, request.Opcode))
            {
                UndeliveredReply.TakeBack(
                    session._fileSystem, request.Opcode, reply.Dialect, body);
            }
            else if (wire.IsAlone)
            {
                // Its reply has no room for the file that CREATE opened: OPEN opens another.
                UndeliveredReply.TakeBackOpen(session._fileSystem, request.Opcode, body);
            }
        }

        /// <summary>
        /// The reply brings what the file system wrote; an entry that the dialect leaves out
        /// (fusex' LINK) is one that the kernel does not count.
        /// </summary>
        private static bool RepliesEntry(Dialect dialect, FuseOpcode opcode) =>
            !Operation.Of(opcode).ReturnsOneEntry || dialect.RepliesEntry(opcode);

        /// <summary>
        /// The form in which a file system writes an entry whose reply the dialect makes as a
        /// whole: attributes, handle and all.
        /// </summary>
        private static Dialect EntryForm => Dialect.V2;

        /// <summary>
        /// Sends the entry in the reply buffer as the dialect's whole reply. A creation that is
        /// asked for alone returns no open file; its OPEN comes as a request.
        /// </summary>
        private Errno SendConverted(
            FuseOpcode opcode, bool isAlone, Dialect dialect, ulong unique,
            ReadOnlySpan<byte> body)
        {
            WireError fault = EntryForm.ReadEntry(
                body, Operation.Of(opcode).TrailingBytes, out WireEntry entry);
            Dialect form = isAlone ? dialect.Apart(opcode) : dialect;
            bool written = form.TryWriteEntryReply(
                _converted, opcode, unique, entry.Entry, entry.Handle.Type, entry.Handle.Bytes,
                isAlone || fault.IsError ? [] : body[entry.Bytes..], out int bytes);
            if (written && !fault.IsError)
                return port.Send(_converted.AsSpan(0, bytes));
            MessageBuilder.WriteReplyHead(_converted, unique, Errno.EOVERFLOW, 0);
            port.Send(_converted.AsSpan(0, FuseReply.HeaderBytes));
            return Errno.EOVERFLOW;
        }

        /// <summary>
        /// Hands the handles and open files that a request brings to the file system.
        /// </summary>
        private Errno Rebind(in FuseRequest request, in WireRequest wire, Dialect dialect)
        {
            Errno errno = wire.Handle.IsNone || dialect.BringsRebindRecords
                ? Errno.None
                : session._fileSystem.Rebind(
                    new BoundNode(wire.Header.nodeid, wire.Handle));
            if (errno != Errno.None || !dialect.CarriesHandles || request.Extensions.IsEmpty)
                return errno;
            RebindReader reader = new(request.Extensions, dialect.RebindRecord);
            while (reader.MoveNext())
            {
                errno = reader.IsFile
                    ? session._fileSystem.Reopen(reader.File)
                    : session._fileSystem.Rebind(reader.Node);
                if (errno != Errno.None)
                    return errno;
            }

            return reader.Error.IsError ? Errno.EINVAL : Errno.None;
        }

        /// <summary>
        /// What the kernel waits for no reply to, malformed or not. DESTROY has a reply, but is
        /// no file system's.
        /// </summary>
        private bool IsSettled(in FuseRequest request, WireError fault)
        {
            Operation operation = Operation.Of(request.Opcode);
            if (request.Opcode == FuseOpcode.FUSE_DESTROY)
                Send(_reply.Bytes, request.Header.unique, Errno.None, 0);
            else if (operation.HasReply)
                return false;
            else if (!fault.IsError)
                HandleReplyless(operation, request);
            return true;
        }

        /// <summary>The forgets and INTERRUPT; nobody here asks for a NOTIFY_REPLY.</summary>
        private void HandleReplyless(Operation operation, in FuseRequest request)
        {
            if (operation.IsForget)
            {
                ForgetReader forgets = new(request);
                while (forgets.TryNext(out fuse_forget_one one))
                    session._fileSystem.Forget(one.nodeid, one.nlookup);
                return;
            }

            WireReader reader = request.Reader;
            if (request.Opcode == FuseOpcode.FUSE_INTERRUPT
                && reader.TryRead(out fuse_interrupt_in interrupt))
            {
                session._interrupts.Interrupt(interrupt.unique);
            }
        }

        /// <summary>
        /// A message whose head can be read but whose length lies still gets an answer.
        /// </summary>
        private void RefuseUnparsable(ReadOnlySpan<byte> message)
        {
            WireReader reader = new(message);
            if (reader.TryRead(out fuse_in_header header) && header.unique != 0)
                Send(_reply.Bytes, header.unique, Errno.EINVAL, 0);
        }

        private Errno Send(Span<byte> buffer, ulong unique, Errno errno, int bodyBytes)
        {
            int bytes = MessageBuilder.WriteReplyHead(buffer, unique, errno, bodyBytes);
            return port.Send(buffer[..bytes]);
        }
    }
}
