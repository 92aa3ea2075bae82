namespace HandleCache.Server.Sessions;

/// <summary>
/// Finds the worker that an INTERRUPT means. The kernel sends INTERRUPT only for a request that
/// was read (FR_SENT), so it is in a worker's hands, just about to be, or already answered. The
/// second case is met by remembering the last few interrupts that found nobody.
/// </summary>
internal sealed class InterruptRegistry
{
    private const int RememberedCount = 64;

    private readonly Lock _lock = new();
    private readonly List<InFlightRequest> _workers = [];
    private readonly ulong[] _early = new ulong[RememberedCount];
    private int _nextEarly;
    private int _earlyCount;

    public InFlightRequest AddWorker()
    {
        lock (_lock)
        {
            InFlightRequest worker = new();
            _workers.Add(worker);
            return worker;
        }
    }

    /// <summary>The worker starts on a request; an interrupt that came first is applied.</summary>
    public void Begin(InFlightRequest worker, ulong unique)
    {
        worker.Begin(unique);

        // Either this sees the count of an interrupt that came first, or that one sees the unique.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _earlyCount) == 0)
            return;
        lock (_lock)
        {
            int at = Array.IndexOf(_early, unique);
            if (at < 0)
                return;
            _early[at] = 0;
            _earlyCount--;
            worker.TryInterrupt(unique);
        }
    }

    public void Interrupt(ulong unique)
    {
        lock (_lock)
        {
            foreach (InFlightRequest worker in _workers)
            {
                if (worker.TryInterrupt(unique))
                    return;
            }

            if (_early[_nextEarly] == 0)
                _earlyCount++;
            _early[_nextEarly] = unique;
            _nextEarly = (_nextEarly + 1) % RememberedCount;
        }
    }
}
