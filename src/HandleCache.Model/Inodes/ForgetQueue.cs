namespace HandleCache.Model.Inodes;

/// <summary>
/// The forgets that wait to be read, and whose turn it is (rule R3; models
/// fuse_dev_queue_forget(), fuse_dequeue_forget(), fuse_read_forget() and the choice in
/// fuse_dev_do_read(), fs/fuse/dev.c, v6.12). First in, first out; equal nodeids are not merged.
/// Entries lie in chunks that are used again, so nothing allocates once a queue of its length was
/// seen.
/// </summary>
public sealed class ForgetQueue
{
    /// <summary>
    /// FUSE_MIN_READ_BUFFER: a read with less room fails before the queue is looked at.
    /// </summary>
    public const int MinReadBufferBytes = 8192;

    /// <summary>fuse_in_header and fuse_batch_forget_in, in bytes.</summary>
    public const int BatchHeaderBytes = 48;

    /// <summary>fuse_forget_one, in bytes.</summary>
    public const int BatchEntryBytes = 16;

    /// <summary>The first minor version with BATCH_FORGET.</summary>
    public const int BatchMinor = 16;

    private const int ForgetsInARow = 16;
    private const int RequestsInARow = 8;
    private const int ChunkEntries = 1024;

    /// <summary>
    /// Chunks kept for the next rush, 16 MiB; a longer queue's memory is given back.
    /// </summary>
    private const int SparesKept = 1024;

    private readonly Queue<ForgetEntry[]> _chunks = new();
    private readonly Stack<ForgetEntry[]> _spare = new();
    private readonly bool _reversed;
    private readonly bool _unbatched;
    private ForgetEntry[] _tail = [];
    private int _headAt;
    private int _tailAt = ChunkEntries;

    // fuse_iqueue is zeroed when made, so the first turns under load go to requests.
    private int _forgetBatch;

    public ForgetQueue(ModelFaults? faults = null)
    {
        _reversed = faults?.Has(ModelFault.ForgetsReversed) ?? false;
        _unbatched = faults?.Has(ModelFault.ForgetsUnbatched) ?? false;
    }

    private ForgetQueue(ForgetQueue original)
    {
        _reversed = original._reversed;
        _unbatched = original._unbatched;
        _forgetBatch = original._forgetBatch;
        Connected = original.Connected;
        if (original.Count == 0)
            return;
        foreach (ForgetEntry[] chunk in original._chunks)
        {
            _tail = [.. chunk];
            _chunks.Enqueue(_tail);
        }

        _headAt = original._headAt;
        _tailAt = original._tailAt;
        Count = original.Count;
        LookupsQueued = original.LookupsQueued;
    }

    /// <summary>One in which the same forgets wait for the same turns.</summary>
    public ForgetQueue Copy() => new(this);

    public int Count { get; private set; }

    /// <summary>False once the connection is gone: what is queued then is freed.</summary>
    public bool Connected { get; private set; } = true;

    /// <summary>Sum of nlookup over all entries in the queue.</summary>
    public ulong LookupsQueued { get; private set; }

    /// <summary>Queues FORGET(nodeid, nlookup); dropped where nobody is connected.</summary>
    public void Enqueue(ulong nodeId, ulong nlookup)
    {
        if (!Connected)
            return;
        if (_tailAt == ChunkEntries)
        {
            _tail = _spare.TryPop(out ForgetEntry[]? spare) ? spare : new ForgetEntry[ChunkEntries];
            _chunks.Enqueue(_tail);
            _tailAt = 0;
        }

        _tail[_tailAt++] = new(nodeId, nlookup);
        Count++;
        LookupsQueued += nlookup;
    }

    /// <summary>
    /// Decides what the next read of the device takes. Under load, 16 forget messages take turns
    /// with 8 requests. Asking counts as reading: the turn is used up.
    /// </summary>
    public ForgetTurn NextTurn(bool interruptPending, bool requestPending)
    {
        if (interruptPending)
            return ForgetTurn.Interrupt;
        if (Count > 0)
        {
            if (!requestPending || _forgetBatch-- > 0)
                return ForgetTurn.Forget;
            if (_forgetBatch <= -RequestsInARow)
                _forgetBatch = ForgetsInARow;
        }

        return requestPending ? ForgetTurn.Request : ForgetTurn.Nothing;
    }

    /// <summary>Most entries of one BATCH_FORGET for a read buffer.</summary>
    public static int MaxBatch(int bufferBytes) =>
        (bufferBytes - BatchHeaderBytes) / BatchEntryBytes;

    /// <summary>
    /// Whether the next message is a BATCH_FORGET: two or more wait, and it is known.
    /// </summary>
    public bool NextIsBatch(int minor) => Count >= 2 && minor >= BatchMinor && !_unbatched;

    /// <summary>
    /// Takes the entries of the next message: one for FORGET, for BATCH_FORGET as many as wait, the
    /// buffer holds and <paramref name="entries"/> has room for. Returns how many.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The buffer is below <see cref="MinReadBufferBytes"/>: such a read is EINVAL before this.
    /// </exception>
    /// <exception cref="ArgumentException">No room for a single entry.</exception>
    public int Read(int minor, int bufferBytes, Span<ForgetEntry> entries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferBytes, MinReadBufferBytes);
        if (entries.IsEmpty)
            throw new ArgumentException("no room for an entry", nameof(entries));
        int most = NextIsBatch(minor) ? Math.Min(MaxBatch(bufferBytes), entries.Length) : 1;
        int count = Math.Min(most, Count);
        for (int i = 0; i < count; i++)
            entries[i] = Dequeue();
        if (_reversed)
            entries[..count].Reverse();
        return count;
    }

    /// <summary>The connection ends: every entry is freed, and later ones are not taken.</summary>
    public void Disconnect()
    {
        while (Count > 0)
            Dequeue();
        Connected = false;
    }

    /// <summary>Recounts entries and their lookups.</summary>
    public IReadOnlyList<ValidationError> Validate()
    {
        var errors = new ValidationErrors();
        int counted = 0;
        ulong lookups = 0;
        int chunk = 0;
        foreach (ForgetEntry[] entries in _chunks)
        {
            int first = chunk == 0 ? _headAt : 0;
            int end = ++chunk == _chunks.Count ? _tailAt : ChunkEntries;
            for (int i = first; i < end; i++)
            {
                counted++;
                lookups += entries[i].NLookup;
            }
        }

        errors.Equal("forget-queue-entries", counted, Count);
        errors.Equal("forget-queue-lookups", (long)lookups, (long)LookupsQueued);
        return errors.All;
    }

    /// <summary>For tests of the validator: makes a counter lie.</summary>
    internal void CorruptCount() => Count++;

    private ForgetEntry Dequeue()
    {
        ForgetEntry[] head = _chunks.Peek();
        ForgetEntry entry = head[_headAt++];
        Count--;
        LookupsQueued -= entry.NLookup;
        if (_headAt == ChunkEntries)
        {
            _headAt = 0;
            ForgetEntry[] read = _chunks.Dequeue();
            if (_spare.Count < SparesKept)
                _spare.Push(read);
        }

        return entry;
    }
}

/// <summary>What one FORGET says, or one entry of BATCH_FORGET (fuse_forget_one).</summary>
public readonly record struct ForgetEntry(ulong NodeId, ulong NLookup);

/// <summary>What a read of the device gets next (R3).</summary>
public enum ForgetTurn
{
    /// <summary>Nothing waits: the read blocks.</summary>
    Nothing,

    /// <summary>An INTERRUPT; these go before everything.</summary>
    Interrupt,

    /// <summary>A FORGET or BATCH_FORGET: call <see cref="ForgetQueue.Read"/>.</summary>
    Forget,

    /// <summary>The oldest pending request.</summary>
    Request,
}
