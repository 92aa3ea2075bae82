using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Keeping;

/// <summary>
/// What outlives the servers: the modelled inode cache with a handle for every nodeid the kernel
/// has, and the open files. It follows from the log alone. One thread.
/// </summary>
/// <remarks>
/// A record is written before its reply. Of a dead server, the last reply of each worker may or
/// may not have been taken: such records wait as undecided. The kernel sends a request again if
/// and only if it did not take its reply, so a Resent record takes the undecided one back; one
/// that never comes was taken. (A caller killed in between withdraws its request unseen: then a
/// count too many is held, never one too few.)
/// </remarks>
internal sealed class KeeperState : IDisposable
{
    private readonly FuseInodeCache _cache = new(new FuseInodeCacheOptions
    {
        IndexByHandle = true,
    });

    private readonly Dictionary<ulong, BoundFile> _files = [];
    private readonly List<Given>[] _last = new List<Given>[KeeperMemory.MaxWorkers];
    private readonly Dictionary<ulong, List<Given>> _undecided = [];
    private readonly ulong[] _forgetReceive = new ulong[KeeperMemory.MaxWorkers];
    private readonly ulong[] _forgetsSeen = new ulong[KeeperMemory.MaxWorkers];

    /// <summary>What one record gave the kernel: a lookup, or an open file.</summary>
    private readonly record struct Given(ulong Unique, ulong NodeId, ulong Fh, bool IsFile);

    /// <summary>
    /// What the kernel has forgotten, by nodeid and by handle; null where it will not ask again.
    /// </summary>
    private readonly InodeTable? _forgotten;

    /// <param name="isExported">
    /// Handles of the mount are to be opened after their inodes are forgotten
    /// (FUSE_EXPORT_SUPPORT): then forgotten nodeids keep their meaning in later lives, too.
    /// </param>
    public KeeperState(bool isExported = false)
    {
        if (isExported)
            _forgotten = new(new InodeTableOptions { IndexByHandle = true });
        _cache.MountRoot(FileModes.Directory);
        for (int i = 0; i < _last.Length; i++)
            _last[i] = [];
    }

    public KeeperCounts Counts { get; } = new();

    /// <summary>Whether any nodeid but the root's is held.</summary>
    public bool IsEmpty => _cache.Count <= 1;

    public void Apply(in LogRecord record)
    {
        int worker = (int)(record.Worker % KeeperMemory.MaxWorkers);
        switch (record.Kind)
        {
            case LogKind.Entry:
                AddEntry(record, worker);
                break;
            case LogKind.Opened:
                _files[record.Value] = new BoundFile(
                    record.Value, record.NodeId, record.Detail, record.Count);
                Remember(worker, new(record.Unique, record.NodeId, record.Value, true));
                break;
            case LogKind.Closed:
                _files.Remove(record.Value);
                break;
            case LogKind.Forget:
                Forget(record.NodeId, record.Value);
                if (_forgetReceive[worker] != record.Unique)
                    _forgetsSeen[worker] = 0;
                _forgetReceive[worker] = record.Unique;
                _forgetsSeen[worker]++;
                break;
            case LogKind.Undo:
                TakeBack(_last[worker], record.Unique);
                break;
            case LogKind.Resent:
                Counts.Resent++;
                if (_undecided.Remove(record.Unique, out List<Given>? given))
                    TakeBack(given, record.Unique);
                break;
            case LogKind.Settled when record.Count == 0:
                Counts.Unknown++;
                break;
            case LogKind.Settled:
                Counts.Settled++;
                break;
            case LogKind.Stale:
                Counts.Stale++;
                break;
            case LogKind.Rebound:
                Counts.Rebound++;
                break;
            default:
                break;
        }
    }

    /// <summary>
    /// A server has died and its log is drained: what its workers had in hand is settled or
    /// undecided, and FORGETs they had read and not logged are taken from their buffers.
    /// </summary>
    public void OnDeath(KeeperMemory memory)
    {
        for (int worker = 0; worker < KeeperMemory.MaxWorkers; worker++)
        {
            List<Given> last = _last[worker];
            if (last.Count > 0 && memory.Confirmed(worker) != last[0].Unique)
                _undecided[last[0].Unique] = [.. last];
            last.Clear();
            ulong received = memory.Received(worker);
            if (received != 0 && received != memory.Logged(worker))
                ApplyBuffered(memory.Buffer(worker), worker, received);
            memory.Logged(worker) = received;
        }
    }

    /// <summary>The handle of a nodeid the kernel has, or had where it is exported.</summary>
    public bool TryGetHandle(ulong nodeid, out FileHandleBuffer handle)
    {
        handle = default;
        if (nodeid == FuseConstants.FUSE_ROOT_ID)
            return false;
        InodeIndex index = _cache.Find(nodeid);
        FileHandle found;
        if (!index.IsNone)
            found = _cache.Get(index).Handle;
        else if (_forgotten?.Find(nodeid) is { IsNone: false } old)
            found = _forgotten.Handle(old);
        else
            return false;
        if (found.Bytes.IsEmpty)
            return false;
        handle = FileHandleBuffer.From((int)found.Type, found.Bytes);
        return true;
    }

    /// <summary>The nodeid under which the kernel has the object of a handle; 0 for none.</summary>
    public ulong NodeIdOf(scoped in FileHandle handle) => NodeIdOf(handle, out _);

    /// <summary>The same, or under which it had it where it is exported.</summary>
    public ulong NodeIdOf(scoped in FileHandle handle, out bool isForgotten)
    {
        isForgotten = false;
        InodeIndex index = _cache.FindByHandle(handle);
        if (!index.IsNone)
            return _cache.Get(index).NodeId;
        if (_forgotten?.FindByHandle(handle) is not { IsNone: false } old)
            return 0;
        isForgotten = true;
        return _forgotten.NodeId(old);
    }

    public bool TryGetFile(ulong fh, out BoundFile file) => _files.TryGetValue(fh, out file);

    /// <summary>The kernel's lookups of a nodeid as held here.</summary>
    public ulong NLookup(ulong nodeid) => _cache.Held(nodeid);

    /// <summary>Every nodeid held, but the root's.</summary>
    public ulong[] NodeIds() => _cache.NodeIds();

    /// <summary>The nodeid of each open file.</summary>
    public ulong[] FileNodeIds() => [.. _files.Values.Select(file => file.NodeId)];

    /// <summary>A copy of the counts with the sizes of now.</summary>
    public KeeperCounts Snapshot() => Counts with
    {
        Inodes = _cache.Count,
        InodeBytes = _cache.MemoryBytes,
        OpenFiles = _files.Count,
    };

    public void Dispose()
    {
        _cache.Dispose();
        _forgotten?.Dispose();
    }

    private void AddEntry(in LogRecord record, int worker)
    {
        ReadOnlySpan<byte> bytes = record.Handle;
        int length = (int)Math.Min(record.HandleBytes, FuseConstants.MAX_HANDLE_SZ);
        IGetResult result = _cache.IGet(
            record.NodeId, record.Value, record.Detail,
            new FileHandle(record.HandleType, bytes[..length]));
        if (result.Outcome is IGetOutcome.Replaced or IGetOutcome.HandleRefused)
            Counts.WrongObject++;
        if (_forgotten?.Find(record.NodeId) is { IsNone: false } old)
            _forgotten.Remove(old);
        Remember(worker, new(record.Unique, record.NodeId, 0, false));
    }

    /// <summary>A new unique of a worker says that the one before has reached its end.</summary>
    private void Remember(int worker, Given given)
    {
        List<Given> last = _last[worker];
        if (last.Count > 0 && last[0].Unique != given.Unique)
            last.Clear();
        last.Add(given);
    }

    private void TakeBack(List<Given> given, ulong unique)
    {
        foreach (Given one in given)
        {
            if (one.Unique != unique)
                continue;
            if (one.IsFile)
                _files.Remove(one.Fh);
            else
                Forget(one.NodeId, 1);
        }

        given.Clear();
    }

    private void Forget(ulong nodeid, ulong nlookup)
    {
        FileHandleBuffer handle = default;
        bool isNamed = _forgotten is not null && !_cache.Find(nodeid).IsNone
            && TryGetHandle(nodeid, out handle);
        WireForget result = _cache.ForgetFromWire(nodeid, nlookup);
        if (nodeid != FuseConstants.FUSE_ROOT_ID
            && result.Outcome is WireForgetOutcome.Overdrawn or WireForgetOutcome.Unknown)
        {
            Counts.Overdrawn++;
        }

        if (isNamed && _cache.Find(nodeid).IsNone)
            _forgotten!.Add(nodeid, 0, 0, new FileHandle((uint)handle.Type, handle.Bytes));
    }

    private void ApplyBuffered(ReadOnlySpan<byte> buffer, int worker, ulong received)
    {
        if (!MemoryMarshal.TryRead(buffer, out fuse_in_header header)
            || header.len < FuseRequest.HeaderBytes || header.len > buffer.Length
            || !FuseRequest.TryParse(buffer[..(int)header.len], out FuseRequest request, out _)
            || !Operation.Of(request.Opcode).IsForget
            || request.CheckShape().IsError)
        {
            return;
        }

        ulong seen = _forgetReceive[worker] == received ? _forgetsSeen[worker] : 0;
        ForgetReader forgets = new(request);
        while (forgets.TryNext(out fuse_forget_one one))
        {
            if (seen > 0)
                seen--;
            else
                Forget(one.nodeid, one.nlookup);
        }
    }
}
