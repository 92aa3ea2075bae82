using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;
using HandleCache.Server.Scripted;
using HandleCache.Server.Sessions;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Several calls of a script under way at once, the server's answers held back and given in any
/// order: a seed decides every step. Calls by path only, since who closes a file that another is
/// reading is another matter.
/// </summary>
internal sealed class InterleavedRun : IDisposable
{
    private const int MostAtOnce = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly ModelKernel _kernel = new(new());
    private readonly MemoryChannel _memory = new();
    private readonly FuseSession _session;
    private readonly Thread _thread;
    private readonly ScriptFileSystem _server;
    private readonly SplitMix64 _random;
    private readonly List<KernelCall> _running = [];
    private readonly List<byte[]> _replies = [];
    private readonly byte[] _buffer = new byte[1 << 17];
    private readonly Queue<VfsCall> _calls;
    private int _forgets;

    public InterleavedRun(Script script)
    {
        _random = new SplitMix64(script.Seed ^ 0x1E0);
        _server = new ScriptFileSystem(script.Server);
        _calls = new(script.Calls.Where(call => call.Kind
            is VfsCallKind.Stat or VfsCallKind.Access or VfsCallKind.MkDir or VfsCallKind.MkNod
            or VfsCallKind.Symlink or VfsCallKind.Link or VfsCallKind.Unlink or VfsCallKind.RmDir
            or VfsCallKind.Rename or VfsCallKind.ChMod or VfsCallKind.Truncate
            or VfsCallKind.SetXattr or VfsCallKind.ReadLink or VfsCallKind.StatFs
            or VfsCallKind.NameToHandle));
        _session = new FuseSession(_memory, _server, new SessionOptions
        {
            Workers = 1,
            MaxWriteBytes = 1 << 16,
            ReadDirPlus = script.ReadDirPlus,
            ExportSupport = script.ExportSupport,
        });
        _thread = new Thread(_session.Run) { IsBackground = true };
        _thread.Start();
        _kernel.Mount();
        while (_kernel.HasRequest)
            Read();
        Reply(0);
    }

    /// <summary>The steps taken, for a comparison of two runs.</summary>
    public List<string> Steps { get; } = [];

    /// <summary>Takes steps until all calls have ended; what went wrong, or null.</summary>
    public string? Run()
    {
        while (_calls.Count > 0 || _running.Count > 0 || _kernel.HasRequest || _replies.Count > 0)
        {
            if (!Step())
                return $"no step is left, {_running.Count} calls wait";
            foreach (KernelCall ended in _running.Where(call => call.IsDone))
                Steps.Add($"{ended.Call} {ended.Result}");
            _running.RemoveAll(call => call.IsDone);
            if (_kernel.Validate() is { Count: > 0 } errors)
                return errors[0].ToString();
        }

        SpinWait.SpinUntil(() => _server.Ledger.ForgetCount >= _forgets, Patience);
        if (_server.Ledger.Strays is { Count: > 0 } strays)
            return strays[0];
        IReadOnlyList<string> held = ScriptRun.HeldIn(_kernel.Inodes);
        return held.SequenceEqual(_server.Ledger.Held())
            ? null
            : $"the kernel holds [{string.Join(", ", held)}], the server "
                + $"[{string.Join(", ", _server.Ledger.Held())}]";
    }

    public void Dispose()
    {
        _kernel.Unmount();
        _memory.Close();
        _thread.Join(Patience);
        _session.Dispose();
        _memory.Dispose();
        _kernel.Dispose();
    }

    /// <summary>One step of those that are possible; false where none is.</summary>
    private bool Step()
    {
        bool canStart = _calls.Count > 0 && _running.Count < MostAtOnce;
        if (!canStart && !_kernel.HasRequest && _replies.Count == 0)
            return false;
        while (true)
        {
            switch (_random.Below(4))
            {
                case 0 when canStart:
                    _running.Add(_kernel.Start(_calls.Dequeue()));
                    return true;
                case 1 when _kernel.HasRequest:
                    Read();
                    return true;
                case 2 when _replies.Count > 0:
                    Reply(_random.Below(_replies.Count));
                    return true;
                case 3 when _random.OneIn(12):
                    _kernel.Shrink();
                    return true;
            }
        }
    }

    /// <summary>The server works on the next message at once; its reply is held back.</summary>
    private void Read()
    {
        int bytes = _kernel.ReadRequest(_buffer);
        if (!FuseRequest.TryParse(_buffer.AsSpan(0, bytes), out FuseRequest request, out _))
            throw new InvalidOperationException("a malformed request");
        _memory.Client.Send(_buffer.AsSpan(0, bytes));
        Steps.Add($"{request.Opcode} {request.Header.nodeid}");
        if (Operation.Of(request.Opcode).IsForget)
        {
            ForgetReader forgets = new(request);
            while (forgets.TryNext(out _))
                _forgets++;
            return;
        }

        if (!_memory.Client.TryReceive(_buffer, Patience, out int length))
            throw new InvalidOperationException("the server does not answer");
        _replies.Add(_buffer[..length]);
    }

    private void Reply(int which)
    {
        byte[] reply = _replies[which];
        _replies.RemoveAt(which);
        _kernel.WriteReply(reply);
    }
}
