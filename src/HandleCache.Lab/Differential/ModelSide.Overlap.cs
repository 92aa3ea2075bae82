using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Differential;

/// <summary>Two callers of the modelled kernel (<see cref="OverlapStep"/>).</summary>
public sealed partial class ModelSide
{
    private readonly KernelCall?[] _callers = new KernelCall?[HeldRequests.Callers];

    internal void BeginOverlap()
    {
        Array.Clear(_callers);
        _gate.Begin();
    }

    internal void Start(int caller, VfsCall call)
    {
        _callers[caller] = _kernel.Start(call, pid: caller + 1);
        Pump();
    }

    internal CallerState StateOf(int caller) => new(
        _callers[caller] is null or { IsDone: true } ? CallerStand.Done
            : _gate.Of(caller) is not null ? CallerStand.Asks
            : CallerStand.Blocked,
        _gate.Interrupts(caller), _gate.Shown(caller));

    internal VfsResult ResultOf(int caller) => _callers[caller]!.Result;

    internal void Interrupt(int caller)
    {
        _kernel.Interrupt(_callers[caller]!);
        Pump();
    }

    internal void AnswerInterrupt(int caller, Errno errno) => AnswerError(
        _gate.UniqueOf(caller) | FuseConstants.FUSE_INT_REQ_BIT, errno);

    internal void Refuse(int caller, Errno errno)
    {
        _gate.Take(caller);
        AnswerError(_gate.UniqueOf(caller), errno);
    }

    internal void Serve(int caller)
    {
        byte[] message = _gate.Take(caller);
        Exchange(message);
        Pump();
    }

    internal void EndOverlap() => Check();

    private void AnswerError(ulong unique, Errno errno)
    {
        Answer(MessageBuilder.Failure(unique, errno));
        Pump();
    }

    /// <summary>Reads all there is; what is nobody's goes on to the server.</summary>
    private void Pump()
    {
        int bytes;
        while ((bytes = _kernel.ReadRequest(_request)) > 0)
        {
            ReadOnlySpan<byte> message = _request.AsSpan(0, bytes);
            _transcript.Append(message);
            if (!_gate.Keeps(message, pid => (int)pid - 1))
                Exchange(message);
        }
    }
}
