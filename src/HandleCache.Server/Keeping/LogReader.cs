namespace HandleCache.Server.Keeping;

/// <summary>The keeper's end of the log: takes records in their order.</summary>
internal sealed class LogReader(KeeperMemory memory)
{
    public delegate void Visitor(in LogRecord record);

    /// <summary>
    /// Takes what is committed, up to the first record that is not. Of a dead server also what
    /// lies behind such a record: it was taken and never filled, so its reply was never written.
    /// False when such a record stands in the way of later ones.
    /// </summary>
    public bool Drain(Visitor visit, bool isDead = false)
    {
        ulong head = Volatile.Read(ref memory.Head);
        ulong at = memory.Tail;
        if (isDead && head - at > KeeperMemory.Records)
        {
            // The last ones waited for room when they died; their slots hold older records.
            head = at + KeeperMemory.Records;
        }

        for (; at != head; at++)
        {
            ref LogRecord record = ref memory.Record(at);
            if (Volatile.Read(ref record.Commit) == at + 1)
                visit(record);
            else if (!isDead)
                return false;
            Volatile.Write(ref memory.Tail, at + 1);
        }

        if (isDead)
            Volatile.Write(ref memory.Tail, Volatile.Read(ref memory.Head));
        return true;
    }
}
