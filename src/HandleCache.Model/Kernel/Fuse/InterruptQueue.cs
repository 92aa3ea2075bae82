using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// INTERRUPTs that wait to be read, before everything else (R21; models request_wait_answer(),
/// queue_interrupt() and fuse_read_interrupt(), fs/fuse/dev.c, v6.18).
/// </summary>
internal sealed class InterruptQueue(KernelFaults faults)
{
    private readonly List<KernelRequest> _waiting = [];
    private bool _noInterrupt;

    public int Count => _waiting.Count;

    /// <summary>What another connection has learnt of its server; nothing may wait there.</summary>
    public void CopyFrom(InterruptQueue original) => _noInterrupt = original._noInterrupt;

    /// <summary>
    /// A signal ends the interruptible wait for the reply: FR_INTERRUPTED. The INTERRUPT is due
    /// when the request has been read. Not where the server knows none (fc->no_interrupt).
    /// </summary>
    public void Mark(KernelRequest request, bool isRead)
    {
        bool isUnknown = _noInterrupt && !faults.Has(KernelFault.NoInterruptForgotten);
        if (isUnknown || !request.IsWaitedFor)
            return;
        request.IsInterrupted = true;
        if (isRead)
            Queue(request);
    }

    /// <summary>fuse_dev_do_read(): a signal may have come before the read.</summary>
    public void AfterRead(KernelRequest request)
    {
        if (request.IsInterrupted)
            Queue(request);
    }

    /// <summary>fuse_request_end(): whose request has ended needs no INTERRUPT.</summary>
    public void Remove(KernelRequest request) => _waiting.Remove(request);

    public void Clear() => _waiting.Clear();

    /// <summary>fuse_read_interrupt().</summary>
    public int Read(Span<byte> buffer)
    {
        ulong unique = _waiting[0].Unique;
        _waiting.RemoveAt(0);
        MemoryMarshal.Write(
            buffer[FuseRequest.HeaderBytes..], new fuse_interrupt_in { unique = unique });
        return MessageBuilder.WriteRequestHead(
            buffer, FuseOpcode.FUSE_INTERRUPT, unique | FuseConstants.FUSE_INT_REQ_BIT, 0,
            Unsafe.SizeOf<fuse_interrupt_in>());
    }

    /// <summary>
    /// An INTERRUPT's reply, which fuse_dev_do_write() knows by the bit in its unique: ENOSYS is
    /// remembered, EAGAIN queues it again, anything else says nothing. The errno of the write.
    /// </summary>
    /// <param name="reply">By its unique the reply to an INTERRUPT.</param>
    /// <param name="meant">The request that was to be interrupted; null if it has ended.</param>
    public int Answer(in FuseReply reply, KernelRequest? meant)
    {
        if (meant is null)
            return (int)Errno.ENOENT;
        if (!reply.Body.IsEmpty)
            return (int)Errno.EINVAL;
        if (-reply.Header.error == (int)Errno.ENOSYS)
            _noInterrupt = true;
        if (-reply.Header.error != (int)Errno.EAGAIN)
            return 0;
        if (!meant.IsInterrupted)
            return (int)Errno.EINVAL;
        if (!faults.Has(KernelFault.InterruptOnce))
            Queue(meant);
        return 0;
    }

    private void Queue(KernelRequest request)
    {
        if (!_waiting.Contains(request) && !faults.Has(KernelFault.InterruptUnsent))
            _waiting.Add(request);
    }
}
