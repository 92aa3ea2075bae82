using System.Diagnostics;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>
/// What a reader wants to know of watched traffic beside the mirror's counts: whether each reply
/// keeps the rules, how long the server took for each operation, the last messages, the names in
/// the root, and which request about which path a check failed at. Shows each message to the
/// mirror in its own order, a reply after the rules: what they compare it with is what was held
/// before.
/// </summary>
internal sealed class TrafficLog(KernelMirror mirror, Dialect offered) : ITrafficObserver
{
    private const int KeptMessages = 10;
    private const int KeptBytes = 256;

    /// <summary>Of arguments: two names of the greatest length, and what stands before.</summary>
    private const int KeptArgumentBytes = 8448;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (DriveRequest Asked, long Begun)> _pending = [];
    private readonly Dictionary<FuseOpcode, LatencyHistogram> _latencies = [];
    private readonly Queue<KeptMessage> _last = new();
    private readonly WatchRules _rules = new(mirror);
    private readonly Dictionary<string, string> _failedAt = [];

    private bool _hasNewLife;
    private long _operations;

    /// <summary>Of the reply under way: nobody has asked for it.</summary>
    private bool _isStrange;

    /// <summary>Of the reply under way: it is known to break a rule.</summary>
    private bool _isJudged;

    /// <summary>One row for each operation that was answered, the slowest in total first.</summary>
    public IReadOnlyList<LatencyRow> Latencies()
    {
        lock (_lock)
        {
            return [.. _latencies.OrderByDescending(one => one.Value.TotalNs)
                .Select(one => one.Value.Row(NameOf(one.Key)))];
        }
    }

    /// <summary>The last messages, oldest first.</summary>
    public IReadOnlyList<string> Last()
    {
        lock (_lock)
            return [.. _last.Select(message => message.ToString())];
    }

    /// <summary>Requests that were read and not answered, oldest first.</summary>
    public IReadOnlyList<string> Unanswered()
    {
        lock (_lock)
        {
            return [.. _pending.Values.OrderBy(one => one.Begun)
                .Select(one => _rules.Words(one.Asked))];
        }
    }

    /// <summary>Where a check failed first, by its name: request, path.</summary>
    public string? FailedAt(string check)
    {
        lock (_lock)
            return _failedAt.GetValueOrDefault(check);
    }

    /// <summary>The names in the root that are known, one character a byte.</summary>
    public IReadOnlyList<string> RootNames()
    {
        lock (_lock)
            return _rules.NamesIn(FuseConstants.FUSE_ROOT_ID);
    }

    /// <summary>What of the rules was compared.</summary>
    public IReadOnlyList<CheckResult> Results()
    {
        lock (_lock)
            return _rules.Results();
    }

    /// <summary>Checks that have failed by now.</summary>
    public IReadOnlyList<string> FailedChecks()
    {
        lock (_lock)
            return [.. Failed()];
    }

    /// <summary>
    /// Requests that wait for their replies longer than so, none of which may: of locks alone a
    /// server may think for any time.
    /// </summary>
    public void JudgeUnanswered(TimeSpan patience)
    {
        lock (_lock)
        {
            foreach ((DriveRequest asked, long begun) in _pending.Values)
            {
                TimeSpan waited = Stopwatch.GetElapsedTime(begun);
                if (waited < patience || asked.Opcode == FuseOpcode.FUSE_SETLKW)
                    continue;
                _rules.Missed(asked, waited.TotalSeconds);
                Note(asked);
            }
        }
    }

    /// <summary>Another server answers from here on.</summary>
    public void NewLife()
    {
        lock (_lock)
        {
            _hasNewLife = true;
            _rules.NewLife();
        }
    }

    /// <summary>What the servers after the first made of it.</summary>
    public WatchRestarts Restarts(int killed, long sentAgain)
    {
        lock (_lock)
        {
            return new(
                killed, _operations, sentAgain, _rules.Recovered, _rules.Estale,
                _rules.Stale - _rules.Estale, _rules.MismatchesOf(DriveRule.RestartObject));
        }
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        mirror.OnRequest(message);
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return;
        lock (_lock)
        {
            Keep(KeptMessage.Request(message[..Math.Min(message.Length, KeptBytes)].ToArray()));
            bool isData = request.Opcode == FuseOpcode.FUSE_WRITE;
            DriveRequest asked = _rules.Read(request, isData ? KeptBytes : KeptArgumentBytes);
            Operation operation = Operation.Of(asked.Opcode);
            if (operation.HasReply)
                _pending[asked.Unique] = (asked, Stopwatch.GetTimestamp());
            else if (operation.IsForget)
                Forget(request);
            Note(asked);
        }
    }

    public void OnReply(ReadOnlySpan<byte> message)
    {
        DriveRequest? asked = null;
        (_isStrange, _isJudged) = (false, false);
        if (MemoryMarshal.TryRead(message, out fuse_out_header header))
        {
            lock (_lock)
            {
                Keep(KeptMessage.Reply(message));
                if (header.unique != 0)
                    asked = Judge(header, message);
            }
        }

        mirror.OnReply(message);
        if (asked is null)
            return;
        lock (_lock)
            Note(asked);
    }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno)
    {
        mirror.OnSent(message, errno);
        if (!MemoryMarshal.TryRead(message, out fuse_out_header header) || header.unique == 0)
            return;
        lock (_lock)
        {
            if (_isStrange && errno == Errno.ENOENT)
                _rules.Strange(header.unique);
            else if (!_isStrange && !_isJudged && errno is Errno.None or Errno.EINVAL)
                Guarded(() => _rules.Taken((int)errno));
            if (_rules.Asked is { } asked)
                Note(asked);
        }
    }

    private void Keep(KeptMessage message)
    {
        _last.Enqueue(message);
        if (_last.Count > KeptMessages)
            _last.Dequeue();
    }

    /// <summary>What was asked; null where nothing was that this answers.</summary>
    private DriveRequest? Judge(in fuse_out_header header, ReadOnlySpan<byte> message)
    {
        if (!_pending.Remove(header.unique, out (DriveRequest Asked, long Begun) one))
        {
            _isStrange = (header.unique & FuseConstants.FUSE_INT_REQ_BIT) == 0;
            if (!_isStrange)
                _rules.CameToInterrupt(header, message);
            return null;
        }

        if (!_latencies.TryGetValue(one.Asked.Opcode, out LatencyHistogram? latency))
            _latencies.Add(one.Asked.Opcode, latency = new());
        _operations += _hasNewLife ? 1 : 0;
        latency.Add(Stopwatch.GetElapsedTime(one.Begun));
        try
        {
            _rules.Came(one.Asked, message);
        }
        catch (RuleBrokenException)
        {
            _isJudged = true;
        }

        if (one.Asked.Opcode == FuseOpcode.FUSE_INIT && header.error == 0)
            Agree(message);
        return one.Asked;
    }

    /// <summary>Of a rule that is broken the count is enough.</summary>
    private static void Guarded(Action compare)
    {
        try
        {
            compare();
        }
        catch (RuleBrokenException)
        {
        }
    }

    private void Agree(ReadOnlySpan<byte> message)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _)
            || !new WireReader(reply.Body).TryRead(out fuse_init_out init))
            return;
        _rules.Handles = HandleOffer.Read(init, offered);
        _rules.Exports = (InitWords.Accepted(init) & FuseInitFlags.FUSE_EXPORT_SUPPORT) != 0;
    }

    private void Forget(in FuseRequest request)
    {
        ForgetReader forgets = new(request);
        while (forgets.TryNext(out fuse_forget_one one))
        {
            if (mirror.Inspect(cache => cache.Held(one.nodeid)) == 0)
                _rules.Forgotten(one.nodeid);
        }
    }

    private IEnumerable<string> Failed() => mirror.FailedChecks.Concat(_rules.Broken).Distinct();

    /// <summary>Says of a check that has failed by now for the first time, at what.</summary>
    private void Note(DriveRequest asked)
    {
        foreach (string check in Failed())
            _failedAt.TryAdd(check, _rules.Words(asked));
    }

    private static string NameOf(FuseOpcode opcode) =>
        opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
}
