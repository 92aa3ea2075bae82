using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Server.Keeping;

/// <summary>
/// The server's end of the log. Several workers write at once: a slot is taken by its sequence
/// number, filled, and committed last, so the keeper never reads half a record.
/// </summary>
/// <param name="memory">What is shared with the keeper.</param>
/// <param name="wake">Tells the keeper to take records; called every quarter of the ring.</param>
internal sealed class LogWriter(KeeperMemory memory, Action wake)
{
    private const ulong WakeEvery = KeeperMemory.Records / 4;

    public void Entry(int worker, ulong unique, in WireEntry entry)
    {
        ulong at = Take(out bool isTurn);
        ref LogRecord record = ref memory.Record(at);
        Begin(ref record, LogKind.Entry, worker, unique, entry.Entry.nodeid);
        record.Value = entry.Entry.generation;
        record.Detail = entry.Entry.attr.mode;
        record.HandleType = entry.Handle.Type;
        record.HandleBytes = (uint)entry.Handle.Bytes.Length;
        entry.Handle.Bytes.CopyTo(record.Handle);
        Commit(ref record, at, isTurn);
    }

    public void Write(
        LogKind kind, int worker, ulong unique, ulong nodeid,
        ulong value = 0, uint detail = 0, uint count = 0)
    {
        ulong at = Take(out bool isTurn);
        ref LogRecord record = ref memory.Record(at);
        Begin(ref record, kind, worker, unique, nodeid);
        record.Value = value;
        record.Detail = detail;
        record.Count = count;
        record.HandleBytes = 0;
        Commit(ref record, at, isTurn);
    }

    private static void Begin(
        ref LogRecord record, LogKind kind, int worker, ulong unique, ulong nodeid)
    {
        record.Kind = kind;
        record.Worker = (uint)worker;
        record.Unique = unique & ~FuseConstants.FUSE_UNIQUE_RESEND;
        record.NodeId = nodeid;
        record.Count = 0;
    }

    private ulong Take(out bool isTurn)
    {
        ulong at = Interlocked.Increment(ref memory.Head) - 1;
        isTurn = at % WakeEvery == WakeEvery - 1;
        if (at - Volatile.Read(ref memory.Tail) < KeeperMemory.Records)
            return at;
        wake();
        SpinWait wait = default;
        while (at - Volatile.Read(ref memory.Tail) >= KeeperMemory.Records)
            wait.SpinOnce();
        return at;
    }

    private void Commit(ref LogRecord record, ulong at, bool isTurn)
    {
        Volatile.Write(ref record.Commit, at + 1);
        if (isTurn)
            wake();
    }
}
