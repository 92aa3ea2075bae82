using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Tap;

/// <summary>
/// Drives the modelled inode cache with a real kernel's traffic and checks each request
/// against it: what the kernel must have in its cache follows from the replies it took and the
/// FORGETs it sent. One lock around all, since the order of events is the point.
/// </summary>
/// <remarks>
/// <para>
/// What the wire does not show is when an inode was evicted: only when its FORGET was read. A
/// reply for the same nodeid may have been taken in between and has made a new inode, so such a
/// FORGET carries less than all counts held. Likewise a revalidation that finds another nodeid
/// under a name sends FORGET(nodeid, 1) at once (R6). Both need a reply for that nodeid among the
/// last <see cref="RecentMessages"/> messages; a lesser count without one is a mismatch, and the
/// rest must balance later.
/// </para>
/// <para>Lock order: the mirror's lock is a leaf; nothing is called out of it.</para>
/// </remarks>
public sealed class KernelMirror : ITrafficObserver, IDisposable
{
    /// <summary>
    /// How many messages an eviction may be older than its FORGET. R3 serves 8 requests for 16
    /// reads of the forget queue, and a read drains up to its whole buffer.
    /// </summary>
    public const uint RecentMessages = 1024;

    private readonly Lock _lock = new();
    private readonly FuseInodeCache _cache;
    private readonly SideTable<uint> _lastReply = new();
    private readonly PendingRequests _pending = new();

    /// <summary>What a reply counted, from before its write until after it.</summary>
    private readonly Dictionary<ulong, List<Counted>> _counted = [];
    private readonly Stack<List<Counted>> _spare = [];
    private readonly CheckLedger _ledger;
    private readonly bool _reusesNodeIds;
    private readonly MirrorStatistics _statistics = new();
    private readonly TraceWriter? _trace;
    private readonly Dialect _offered;
    private Dialect _dialect = Dialect.Classic;
    private uint _messages;
    private bool _disposed;

    /// <summary>The mirror owns the cache.</summary>
    /// <param name="cache">An empty one.</param>
    /// <param name="ledger">Where the checks are counted.</param>
    /// <param name="reusesNodeIds">
    /// The server gives nodeids again for other objects, so entry-identity says nothing of it.
    /// </param>
    /// <param name="recording">
    /// What the mirror counts is recorded there, too, in the same order; null records nothing.
    /// </param>
    /// <param name="dialect">Offered in INIT; null for today's protocol alone.</param>
    public KernelMirror(
        FuseInodeCache cache, CheckLedger ledger, bool reusesNodeIds = false,
        MirrorRecording? recording = null, Dialect? dialect = null)
    {
        _offered = dialect ?? Dialect.Classic;
        _cache = cache;
        _ledger = ledger;
        _reusesNodeIds = reusesNodeIds;
        _trace = recording?.Trace;
        cache.MountRoot(FileModes.Directory);
        _trace?.Mount(FuseConstants.FUSE_ROOT_ID, reusesNodeIds, recording!.MountName);
    }

    /// <summary>A copy of the counts so far.</summary>
    public MirrorStatistics Statistics
    {
        get
        {
            lock (_lock)
                return _statistics with { Inodes = _cache.Count };
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
            if (_dialect.CarriesHandles
                && !_dialect.ReadRequest(request, out WireRequest wire).IsError)
            {
                request = request.As(wire.Header, wire.Body);
            }

            _messages++;
            _statistics.Requests++;
            switch (request.Opcode)
            {
                case FuseOpcode.FUSE_FORGET:
                case FuseOpcode.FUSE_BATCH_FORGET:
                    OnForgets(request);
                    return;
                case FuseOpcode.FUSE_INTERRUPT:
                case FuseOpcode.FUSE_NOTIFY_REPLY:
                    return;
                default:
                    CheckLive(request);
                    _pending.Add(
                        request.Header.unique, new(request.Opcode, request.Header.nodeid));
                    return;
            }
        }
    }

    public void OnReply(ReadOnlySpan<byte> message)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out _) || reply.IsNotification)
            return;
        lock (_lock)
        {
            _messages++;
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

            List<Counted> counted = _spare.TryPop(out List<Counted>? spare) ? spare : [];
            CountingVisitor visitor = new(this, request, counted);
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
            _counted.Remove(reply.Header.unique, out List<Counted>? counted);
            if (known && errno != Errno.None && reply.Header.error == 0)
            {
                // The kernel took nothing of it: what was counted before the write goes back.
                _statistics.UndeliveredReplies++;
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
        {
            int before = _cache.Count;
            IReadOnlyList<string> errors = [.. _cache.Validate().Select(e => e.ToString())];
            if (errors.Count == 0)
                _ledger.Hold(MirrorChecks.CacheValid);
            foreach (string error in errors)
                _ledger.Fail(MirrorChecks.CacheValid, $"{before} inodes: {error}");
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (_trace is not null)
                MirrorRecording.EndMount(_trace, _cache, _statistics);
            _cache.Dispose();
        }
    }

    private void OnForgets(in FuseRequest request)
    {
        if (request.CheckShape().IsError)
            return;
        bool batch = request.Opcode == FuseOpcode.FUSE_BATCH_FORGET;
        ForgetReader forgets = new(request);
        for (bool first = true; forgets.TryNext(out fuse_forget_one one); first = false)
        {
            _statistics.Forgets++;
            _trace?.Forget(one.nodeid, one.nlookup, batch, first);
            OnForget(one, batch);
        }
    }

    /// <remarks>
    /// Where a nodeid stands for several inodes, which of them a reply was counted for is the
    /// kernel's secret: a revalidation that finds another generation counts on the old inode
    /// before it gives it up (R6), a lookup on the new one (R1). Only the sum can be held exact.
    /// </remarks>
    private void OnForget(fuse_forget_one one, bool batch)
    {
        InodeIndex index = _cache.Find(one.nodeid);
        bool recent = !index.IsNone && _messages - _lastReply.Get(index) <= RecentMessages;
        WireForget forget = _cache.ForgetFromWire(one.nodeid, one.nlookup);
        bool holds = forget.Outcome switch
        {
            WireForgetOutcome.Exact or WireForgetOutcome.OldGeneration => true,
            WireForgetOutcome.Partial => recent || forget.Amount == 0 || _reusesNodeIds,
            _ => false,
        };
        if (forget.Outcome == WireForgetOutcome.Partial && holds)
            _statistics.PartialForgets++;
        _ledger.Compare(MirrorChecks.ForgetNLookup, holds, () =>
            $"{(batch ? "BATCH_FORGET" : "FORGET")} takes {one.nlookup} from nodeid {one.nodeid}, "
            + $"the model holds {forget.Held} ({forget.Outcome})");
    }

    private void CheckLive(in FuseRequest request)
    {
        bool exportLookup = IsExportLookup(request);
        ulong second = SecondNodeId(request);
        _trace?.Request(request.Opcode, request.Header.nodeid, second, exportLookup);
        CheckLive(request.Opcode, request.Header.nodeid, exportLookup);
        CheckLive(request.Opcode, second);
    }

    /// <summary>The nodeid that a request names beside its header's; 0 for none.</summary>
    private static ulong SecondNodeId(in FuseRequest request)
    {
        WireReader reader = request.Reader;
        return request.Opcode switch
        {
            FuseOpcode.FUSE_LINK when reader.TryRead(out fuse_link_in link) => link.oldnodeid,
            FuseOpcode.FUSE_RENAME when reader.TryRead(out fuse_rename_in rename) =>
                rename.newdir,
            FuseOpcode.FUSE_RENAME2 when reader.TryRead(out fuse_rename2_in rename) =>
                rename.newdir,
            FuseOpcode.FUSE_COPY_FILE_RANGE or FuseOpcode.FUSE_COPY_FILE_RANGE_64
                when reader.TryRead(out fuse_copy_file_range_in copy) => copy.nodeid_out,
            _ => 0,
        };
    }

    /// <summary>LOOKUP of "." or "..", which may come for a nodeid long forgotten.</summary>
    private static bool IsExportLookup(in FuseRequest request) =>
        request.Opcode == FuseOpcode.FUSE_LOOKUP
        && request.Reader.TryReadName(out ReadOnlySpan<byte> name)
        && (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8));

    private void CheckLive(FuseOpcode opcode, ulong nodeid, bool exportLookup = false)
    {
        // The root is there from mount to unmount, whatever was counted.
        if (nodeid is 0 or FuseConstants.FUSE_ROOT_ID)
            return;

        // LOOKUP "." and ".." of an exported handle name a nodeid that the kernel has forgotten:
        // that is what FUSE_EXPORT_SUPPORT is for (R14).
        bool live = _cache.Held(nodeid) > 0;
        if (!live && exportLookup)
        {
            _statistics.ExportLookups++;
            return;
        }

        _ledger.Compare(MirrorChecks.LiveNodeIds, live, () =>
            $"{opcode} names nodeid {nodeid}, which the model says the kernel has forgotten");
    }

    /// <summary>
    /// Counts the lookup of one entry of a reply, if the kernel will (R4, R5, R7, R8, R11).
    /// </summary>
    private Counted Count(in PendingRequest request, in WireEntry entry)
    {
        fuse_entry_out fixedPart = entry.Entry;
        FileHandle handle = entry.HasHandle ? new(entry.HandleType, entry.Handle) : default;
        _trace?.Entry(
            request.Opcode, fixedPart.nodeid, fixedPart.generation, fixedPart.attr.mode,
            handle.Type, handle.Bytes);
        IGetResult got = _cache.IGet(
            fixedPart.nodeid, fixedPart.generation, fixedPart.attr.mode, handle);
        _statistics.Entries++;
        bool wasCached = got.Outcome is IGetOutcome.Hit or IGetOutcome.Replaced
            or IGetOutcome.RootKept;
        if (wasCached && !_reusesNodeIds)
        {
            FuseOpcode opcode = request.Opcode;
            _ledger.Compare(MirrorChecks.EntryIdentity, got.Outcome == IGetOutcome.Hit, () =>
                $"{opcode} returned nodeid {fixedPart.nodeid} with another generation, type or "
                + $"handle than before ({got.Outcome})");
        }

        Counted counted = new(fixedPart.nodeid, got);
        if (got.Index.IsNone)
            return counted;
        _lastReply.At(got.Index) = _messages;
        _statistics.InodesPeak = Math.Max(_statistics.InodesPeak, _cache.Count);
        if (entry.Handle.Length > _cache.Options.Strategy.InlineBytes)
            _statistics.SpilledEntries++;
        return counted;
    }

    private void TakeBack(in Counted counted)
    {
        _trace?.TakeBack(counted.NodeId);
        _cache.TakeBack(counted.Result);
    }

    private readonly record struct Counted(ulong NodeId, IGetResult Result);

    private readonly struct CountingVisitor(
        KernelMirror mirror, PendingRequest request, List<Counted> counted) : IEntryVisitor
    {
        public void Visit(in WireEntry entry) => counted.Add(mirror.Count(request, entry));
    }
}
