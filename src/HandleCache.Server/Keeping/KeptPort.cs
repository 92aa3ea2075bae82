using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Keeping;

/// <summary>
/// One worker's end of a <see cref="KeptChannel"/>. The worker that received a request sends its
/// reply, so the request lies in the worker's buffer until then.
/// </summary>
internal sealed class KeptPort(KeptChannel channel, FuseDevice device, int worker) : IChannelPort
{
    /// <summary>
    /// More than once, because a FORGET read by another worker may unbind a nodeid between its
    /// binding and its use.
    /// </summary>
    private const int MostTimesAgain = 3;

    private readonly KeeperMemory _memory = channel.Memory;
    private readonly LogWriter _log = channel.Log;

    private readonly DialectLink _link = new();
    private bool _initGiven;
    private bool _initAnswered;

    /// <summary>
    /// Bytes of the request in the buffer; what comes next is that request again.
    /// </summary>
    private int _requestBytes;
    private bool _again;
    private int _timesAgain;

    public SysResult Receive(Span<byte> buffer)
    {
        if (worker == 0 && !_initGiven)
        {
            _initGiven = true;
            channel.Init.CopyTo(buffer);
            return SysResult.Success(channel.Init.Length);
        }

        _link.Agreed = channel.Agreed;
        if (_again)
        {
            _again = false;
            _timesAgain++;
            return SysResult.Success(Bind(buffer));
        }

        if (_link.TryTakeOwn(buffer, out int own))
            return SysResult.Success(own);
        _timesAgain = 0;
        SysResult received = Read();
        if (received.Failed || received.Value == 0)
            return received;
        _requestBytes = (int)received.Value;
        FuseRequest request = Parsed();
        OnRequest(request);
        if (_link.Changes(request.Opcode))
            return SysResult.Success(_link.ToServer(request, 0, default, buffer));
        Request.CopyTo(buffer);
        return received;
    }

    public Errno Send(ReadOnlySpan<byte> message)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _))
            return Errno.EINVAL;
        if (reply.IsNotification)
            return device.Write(message).Errno;
        if (worker == 0 && !_initAnswered)
            return SendInit(message, reply);
        FuseRequest request = Parsed();
        if (reply.Header.error != 0 && !_link.IsOwn(reply.Header.unique))
        {
            Errno errno = (Errno)(-reply.Header.error);
            if (errno is Errno.ESTALE or Errno.EBADF && _timesAgain < MostTimesAgain
                && KeeperKnows(request))
            {
                _again = true;
                return Errno.None;
            }

            if (errno == Errno.ESTALE)
                _log.Write(LogKind.Stale, worker, reply.Header.unique, request.Header.nodeid);
            LogClosed(request, reply.Header.unique);
            return Write(message, reply.Header.unique, undo: false);
        }

        Recorder recorder = new(_log, worker, reply.Header.unique);
        if (!_link.ToKernel(message, reply, ref recorder, out ReadOnlySpan<byte> classic))
            return Errno.None;
        bool gives = FuseReply.TryParse(classic, out FuseReply taken, out _)
            && taken.Header.error == 0 && LogReply(request, taken, recorder.NodeId);
        Errno written = Write(classic, reply.Header.unique, gives);
        if (written != Errno.None)
            _link.NotTaken();
        return written;
    }

    public void Dispose() { }

    private ReadOnlySpan<byte> Request => _memory.Buffer(worker)[.._requestBytes];

    private FuseRequest Parsed()
    {
        return FuseRequest.TryParse(Request, out FuseRequest request, out _) ? request : default;
    }

    /// <summary>
    /// Reads into the shared buffer; its number is raised before, its head cleared.
    /// </summary>
    private SysResult Read()
    {
        Span<byte> shared = _memory.Buffer(worker);
        while (!channel.IsClosed)
        {
            ref ulong number = ref _memory.Received(worker);
            Volatile.Write(ref _memory.Logged(worker), number);
            shared[..FuseRequest.HeaderBytes].Clear();
            Volatile.Write(ref number, number + 1);
            SysResult result = device.Read(shared);
            if (!result.Failed)
                return channel.IsClosed ? SysResult.Success(0) : result;
            switch (result.Errno)
            {
                case Errno.EINTR:
                case Errno.EAGAIN:
                case Errno.ENOENT:
                    continue;
                case Errno.ENODEV:
                case Errno.ECONNABORTED:
                    return SysResult.Success(0);
                default:
                    return result;
            }
        }

        return SysResult.Success(0);
    }

    private void OnRequest(in FuseRequest request)
    {
        if (Operation.Of(request.Opcode).IsForget)
        {
            ulong number = _memory.Received(worker);
            if (!request.CheckShape().IsError)
            {
                ForgetReader forgets = new(request);
                while (forgets.TryNext(out fuse_forget_one one))
                    _log.Write(LogKind.Forget, worker, number, one.nodeid, one.nlookup);
            }

            Volatile.Write(ref _memory.Logged(worker), number);
            return;
        }

        Volatile.Write(ref _memory.Asked, 1);
        if ((request.Header.unique & FuseConstants.FUSE_UNIQUE_RESEND) != 0)
            _log.Write(LogKind.Resent, worker, request.Header.unique, request.Header.nodeid);
    }

    /// <summary>
    /// Records what the reply is about to give the kernel besides its entries; whether it gives
    /// anything.
    /// </summary>
    /// <param name="request">As the kernel sent it.</param>
    /// <param name="reply">As the kernel gets it.</param>
    /// <param name="entryNodeId">Of its last entry; 0 without.</param>
    private bool LogReply(in FuseRequest request, in FuseReply reply, ulong entryNodeId)
    {
        Operation operation = Operation.Of(request.Opcode);
        if (operation.ReturnsOpenFile)
        {
            ulong opened =
                operation.ReturnsOneEntry ? entryNodeId : request.Header.nodeid;
            LogOpen(request, reply, opened);
            return true;
        }

        LogClosed(request, reply.Header.unique);
        return entryNodeId != 0;
    }

    /// <summary>
    /// The kernel never names the fh of a RELEASE again, whatever the reply says
    /// (fuse_release_end(), fs/fuse/file.c).
    /// </summary>
    private void LogClosed(in FuseRequest request, ulong unique)
    {
        if (request.Opcode is not (FuseOpcode.FUSE_RELEASE or FuseOpcode.FUSE_RELEASEDIR))
            return;
        ulong fh = RequestReferences.Of(request).Fh;
        _log.Write(LogKind.Closed, worker, unique, request.Header.nodeid, fh);
    }

    private void LogOpen(in FuseRequest request, in FuseReply reply, ulong nodeid)
    {
        fuse_open_out open = MemoryMarshal.Read<fuse_open_out>(
            reply.Body[^Operation.OpenOutBytes..]);
        uint flags = MemoryMarshal.Read<uint>(request.Body);
        _log.Write(LogKind.Opened, worker, reply.Header.unique, nodeid, open.fh, flags,
            request.Opcode == FuseOpcode.FUSE_OPENDIR ? 1u : 0);
    }

    private Errno Write(ReadOnlySpan<byte> message, ulong unique, bool undo)
    {
        Errno errno = device.Write(message).Errno;
        if (undo && errno != Errno.None)
            _log.Write(LogKind.Undo, worker, unique, 0);
        if (undo)
        {
            Volatile.Write(
                ref _memory.Confirmed(worker), unique & ~FuseConstants.FUSE_UNIQUE_RESEND);
        }

        Volatile.Write(ref _memory.Answered, _memory.Answered + 1);
        return errno;
    }

    private Errno SendInit(ReadOnlySpan<byte> message, in FuseReply reply)
    {
        if (!MemoryMarshal.TryRead(reply.Body, out fuse_init_out init))
            return Errno.EPROTO;
        Dialect agreed = HandleOffer.Read(init, channel.Dialect).Dialect;
        if (!agreed.CarriesHandles || !channel.Link.AnswerInit(message))
            return Errno.EPROTO;
        channel.Agreed = agreed;
        _initAnswered = true;
        return Errno.None;
    }

    /// <summary>Whether the keeper has anything about what the request names.</summary>
    private bool KeeperKnows(in FuseRequest request)
    {
        RequestReferences names = RequestReferences.Of(request);
        return (names.NodeId > 1 && channel.Link.TryGetHandle(names.NodeId, out _))
            || (names.OtherNodeId > 1 && channel.Link.TryGetHandle(names.OtherNodeId, out _))
            || (names.HasFh && channel.Link.TryGetFile(names.Fh, out _));
    }

    /// <summary>
    /// Writes the request with handles and open files; its length in bytes. The handle of the
    /// head's nodeid goes where the dialect has it, the rest into records behind.
    /// </summary>
    private int Bind(Span<byte> buffer)
    {
        FuseRequest request = Parsed();
        RequestReferences names = RequestReferences.Of(request);
        FileHandleBuffer handle = default;
        if (names.NodeId > 1 && channel.Link.TryGetHandle(names.NodeId, out handle))
            _log.Write(LogKind.Rebound, worker, 0, names.NodeId);
        int bytes = _link.ToServer(request, (uint)handle.Type, handle.Bytes, buffer);
        RebindWriter writer = new(buffer, bytes, channel.Agreed.RebindRecord);
        AddNode(ref writer, names.OtherNodeId);
        if (names.HasFh)
        {
            AddFile(ref writer, names.Fh);
            if (names.OtherFh != 0)
                AddFile(ref writer, names.OtherFh);
        }

        return writer.Length;
    }

    private void AddNode(ref RebindWriter writer, ulong nodeid)
    {
        if (nodeid <= 1 || !channel.Link.TryGetHandle(nodeid, out FileHandleBuffer handle))
            return;
        writer.TryAddNode(nodeid, (uint)handle.Type, handle.Bytes);
        _log.Write(LogKind.Rebound, worker, 0, nodeid);
    }

    private void AddFile(ref RebindWriter writer, ulong fh)
    {
        if (!channel.Link.TryGetFile(fh, out BoundFile file))
            return;
        AddNode(ref writer, file.NodeId);
        writer.TryAddFile(file);
        _log.Write(LogKind.Rebound, worker, 0, file.NodeId, fh);
    }

    private ref struct Recorder(LogWriter log, int worker, ulong unique) : IEntryVisitor
    {
        /// <summary>Of the last entry; 0 when there was none.</summary>
        public ulong NodeId { get; private set; }

        public void Visit(in WireEntry entry)
        {
            NodeId = entry.Entry.nodeid;
            log.Entry(worker, unique, entry);
        }
    }
}
