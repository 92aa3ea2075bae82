using HandleCache.Model.Inodes;
using HandleCache.Model.Replay;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Tap;

/// <summary>
/// Brings a real kernel's traffic, as it passes a channel, before a <see cref="TrafficCheck"/>:
/// parses the messages and keeps them in order. One lock around all.
/// </summary>
/// <remarks>Lock order: the mirror's lock is a leaf; nothing is called out of it.</remarks>
public sealed class KernelMirror : ITrafficObserver, IDisposable
{
    private readonly Lock _lock = new();
    private readonly FuseInodeCache _cache;
    private readonly TrafficCheck _check = new();
    private readonly PendingRequests _pending = new();

    /// <summary>Nodeids that a reply counted, from before its write until after it.</summary>
    private readonly Dictionary<ulong, List<ulong>> _counted = [];
    private readonly Stack<List<ulong>> _spare = [];
    private readonly TraceWriter? _trace;
    private readonly Dialect _offered;
    private readonly MixedHandles? _handles;
    private readonly byte[] _room = new byte[TraceFormat.MaxHandleBytes];
    private Dialect _dialect = Dialect.Classic;
    private long _undelivered;
    private bool _disposed;

    /// <summary>The mirror owns the cache.</summary>
    /// <param name="cache">An empty one.</param>
    /// <param name="ledger">Which gets the mirror's checks.</param>
    /// <param name="reusesNodeIds">
    /// The server gives nodeids again for other objects, so entry-identity says nothing of it.
    /// </param>
    /// <param name="recording">
    /// What the mirror counts is recorded there, too, in the same order; null records nothing.
    /// </param>
    /// <param name="dialect">Offered in INIT; null for today's protocol alone.</param>
    /// <param name="handles">
    /// Given to inodes that come without a handle, as if the server had sent them; null gives none.
    /// </param>
    public KernelMirror(
        FuseInodeCache cache, CheckLedger ledger, bool reusesNodeIds = false,
        MirrorRecording? recording = null, Dialect? dialect = null,
        MixedHandles? handles = null)
    {
        ArgumentNullException.ThrowIfNull(ledger);
        _handles = handles;
        _offered = dialect ?? Dialect.Classic;
        _cache = cache;
        _trace = recording?.Trace;
        _check.Mount(cache, reusesNodeIds: reusesNodeIds);
        _trace?.Mount(FuseConstants.FUSE_ROOT_ID, reusesNodeIds, recording!.MountName);
        ledger.Include(Results);
    }

    /// <summary>The counts so far.</summary>
    public MirrorStatistics Statistics
    {
        get
        {
            lock (_lock)
                return MirrorStatistics.Of(_check.Tally, _undelivered, _cache.Count);
        }
    }

    /// <summary>Names of the checks that have failed by now.</summary>
    public IReadOnlyList<string> FailedChecks
    {
        get
        {
            lock (_lock)
            {
                return [.. _check.Checks.Where(check => check.Mismatches > 0)
                    .Select(check => check.Name)];
            }
        }
    }

    /// <summary>Inodes made so far by the length of their handles, in bytes.</summary>
    public IReadOnlyList<long> CreatedByLength
    {
        get
        {
            lock (_lock)
                return [.. _check.Tally.CreatedByLength];
        }
    }

    /// <summary>
    /// Looks into the model under the mirror's lock; nothing may be kept from it.
    /// </summary>
    public T Inspect<T>(Func<FuseInodeCache, T> look)
    {
        lock (_lock)
            return look(_cache);
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return;
        lock (_lock)
        {
            if (_dialect.HasOwnMessages
                && !_dialect.ReadRequest(request, out WireRequest wire).IsError)
            {
                request = request.As(wire.Header, wire.Body);
            }

            if (Operation.Of(request.Opcode) is { HasReply: false } operation)
            {
                if (operation.IsForget)
                    OnForgets(request);
                return;
            }

            ulong second = RequestReferences.Of(request).OtherNodeId;
            bool isExportLookup = IsExportLookup(request);
            _trace?.Request(request.Opcode, request.Header.nodeid, second, isExportLookup);
            _check.Request(request.Opcode, request.Header.nodeid, second, isExportLookup);
            _pending.Add(request.Header.unique, new(request.Opcode, request.Header.nodeid));
        }
    }

    public void OnReply(ReadOnlySpan<byte> message)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
            return;
        lock (_lock)
        {
            if (reply.Header.error != 0
                || !_pending.TryGet(reply.Header.unique, out PendingRequest request))
                return;
            if (request.Opcode == FuseOpcode.FUSE_INIT)
            {
                WireReader reader = new(reply.Body);
                if (reader.TryRead(out fuse_init_out init))
                    _dialect = HandleOffer.Read(init, _offered).Dialect;
                return;
            }

            List<ulong> counted = _spare.TryPop(out List<ulong>? spare) ? spare : [];
            CountingVisitor visitor = new(this, request.Opcode, counted);
            EntryWalk.Visit(_dialect, request.Opcode, reply, ref visitor);
            if (counted.Count == 0 || !_counted.TryAdd(reply.Header.unique, counted))
                _spare.Push(counted);
        }
    }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
            return;
        lock (_lock)
        {
            bool known = _pending.TryGet(reply.Header.unique, out _);
            _pending.Remove(reply.Header.unique);
            _counted.Remove(reply.Header.unique, out List<ulong>? counted);
            if (known && errno != Errno.None && reply.Header.error == 0)
            {
                // The kernel took nothing of it: what was counted before the write goes back.
                _undelivered++;
                for (int i = (counted?.Count ?? 0) - 1; i >= 0; i--)
                    TakeBack(counted![i]);
            }

            if (counted is null)
                return;
            counted.Clear();
            _spare.Push(counted);
        }
    }

    /// <summary>Walks the whole cache; every finding is a mismatch of <c>cache-valid</c>.</summary>
    public void Validate()
    {
        lock (_lock)
            _check.Validate();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (_trace is not null)
                MirrorRecording.EndMount(_trace, _cache, _check.InodesPeak);
            _cache.Dispose();
        }
    }

    /// <summary>The checks that have compared something.</summary>
    private IReadOnlyList<CheckResult> Results()
    {
        lock (_lock)
        {
            return [.. _check.Checks
                .Where(check => check.Compared > 0)
                .Select(check => CheckResult.Of(check))];
        }
    }

    private void OnForgets(in FuseRequest request)
    {
        if (request.CheckShape().IsError)
            return;
        bool isBatch = request.Opcode == FuseOpcode.FUSE_BATCH_FORGET;
        ForgetReader forgets = new(request);
        for (bool first = true; forgets.TryNext(out fuse_forget_one one); first = false)
        {
            _trace?.Forget(one.nodeid, one.nlookup, isBatch, first);
            _check.Forget(one, isBatch, first);
        }
    }

    /// <summary>LOOKUP of "." or "..", which may come for a nodeid long forgotten.</summary>
    private static bool IsExportLookup(in FuseRequest request) =>
        request.Opcode == FuseOpcode.FUSE_LOOKUP
        && request.Reader.TryReadName(out ReadOnlySpan<byte> name)
        && (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8));

    private void Count(FuseOpcode opcode, in WireEntry wire)
    {
        fuse_entry_out entry = wire.Entry;
        FileHandle handle = wire.Handle;
        if (_handles is not null)
            handle = _handles.Complete(handle, entry.nodeid, entry.generation, _room);
        _trace?.Entry(
            opcode, entry.nodeid, entry.generation, entry.attr.mode, handle.Type, handle.Bytes);
        _check.Entry(
            new TrafficEntry(
                opcode, entry.nodeid, entry.generation, entry.attr.mode, CheckCount.Nowhere),
            handle);
    }

    private void TakeBack(ulong nodeId)
    {
        _trace?.TakeBack(nodeId);
        _check.TakeBack(nodeId);
    }

    private readonly struct CountingVisitor(
        KernelMirror mirror, FuseOpcode opcode, List<ulong> counted) : IEntryVisitor
    {
        public void Visit(in WireEntry entry)
        {
            mirror.Count(opcode, entry);
            counted.Add(entry.Entry.nodeid);
        }
    }
}
