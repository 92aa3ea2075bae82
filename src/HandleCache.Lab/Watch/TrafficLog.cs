using System.Diagnostics;
using System.Text;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Driving;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Watch;

/// <summary>
/// What a reader wants to know of watched traffic beside the mirror's counts: how long the server
/// took for each operation, the last messages, the names in the root, and which request about
/// which path a check failed at. Shows each message to the mirror in its own order.
/// </summary>
internal sealed class TrafficLog(KernelMirror mirror) : ITrafficObserver
{
    private const int KeptMessages = 10;
    private const int KeptBytes = 256;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, (DriveRequest Asked, long Begun)> _pending = [];
    private readonly Dictionary<FuseOpcode, LatencyHistogram> _latencies = [];
    private readonly Queue<KeptMessage> _last = new();
    private readonly DriveNodes _nodes = new();
    private readonly Dictionary<string, string> _failedAt = [];

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
            return [.. _pending.Values.OrderBy(one => one.Begun).Select(one => Words(one.Asked))];
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
            return _nodes.NamesIn(FuseConstants.FUSE_ROOT_ID);
    }

    public void OnRequest(ReadOnlySpan<byte> message)
    {
        mirror.OnRequest(message);
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return;
        lock (_lock)
        {
            Keep(KeptMessage.Request(message[..Math.Min(message.Length, KeptBytes)].ToArray()));
            ReadOnlySpan<byte> body = request.Body[..Math.Min(request.Body.Length, KeptBytes)];
            DriveRequest asked = new(
                request.Opcode, request.Header.nodeid, request.Header.unique, body.ToArray());
            if (Operation.Of(request.Opcode).HasReply)
                _pending[asked.Unique] = (asked, Stopwatch.GetTimestamp());
            Note(asked);
        }
    }

    public void OnReply(ReadOnlySpan<byte> message)
    {
        mirror.OnReply(message);
        if (!FuseReply.TryParse(message, out FuseReply reply, out _))
            return;
        lock (_lock)
        {
            Keep(KeptMessage.Reply(message));
            if (!_pending.Remove(reply.Header.unique, out (DriveRequest Asked, long Begun) one))
                return;
            if (!_latencies.TryGetValue(one.Asked.Opcode, out LatencyHistogram? latency))
                _latencies.Add(one.Asked.Opcode, latency = new());
            latency.Add(Stopwatch.GetElapsedTime(one.Begun));
            if (reply.Header.error == 0)
                Learn(one.Asked, reply.Body);
            Note(one.Asked);
        }
    }

    public void OnSent(ReadOnlySpan<byte> message, Errno errno) => mirror.OnSent(message, errno);

    private void Keep(KeptMessage message)
    {
        _last.Enqueue(message);
        if (_last.Count > KeptMessages)
            _last.Dequeue();
    }

    /// <summary>Says of a check that has failed by now for the first time, at what.</summary>
    private void Note(DriveRequest asked)
    {
        foreach (string check in mirror.FailedChecks)
            _failedAt.TryAdd(check, Words(asked));
    }

    private string Words(DriveRequest asked)
    {
        string path = _nodes.Join(asked.NodeId, asked.Name);
        return path.Length == 0 ? $"{asked}" : $"{asked} (/{path})";
    }

    private void Learn(DriveRequest asked, ReadOnlySpan<byte> body)
    {
        Operation operation = Operation.Of(asked.Opcode);
        if (operation.Entry == EntryReplyForm.Records)
        {
            DirentReader records = new(body, Dialect.Classic);
            while (records.MoveNext())
                Named(asked.NodeId, records.Entry.Entry.nodeid, records.Name);
        }
        else if (operation.ReturnsOneEntry && body.Length >= sizeof(ulong))
        {
            ulong nodeId = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(body);
            Named(asked.NodeId, nodeId, Encoding.Latin1.GetBytes(asked.Name));
        }
        else
        {
            _nodes.Follow(asked);
        }
    }

    private void Named(ulong parent, ulong nodeId, ReadOnlySpan<byte> name)
    {
        if (nodeId != 0)
            _nodes.Name(parent, Encoding.Latin1.GetString(name), nodeId);
    }

    private static string NameOf(FuseOpcode opcode) =>
        opcode.ToString().Replace("FUSE_", "", StringComparison.Ordinal);
}
