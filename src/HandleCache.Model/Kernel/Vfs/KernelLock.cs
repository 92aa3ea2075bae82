namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// A sleeping reader-writer lock (models struct rw_semaphore, kernel/locking/rwsem.c, v6.18). A
/// release gives it to the readers who wait in front; a writer in front is woken and takes it when
/// it runs, so that who runs on may have it again before (lock stealing).
/// </summary>
internal sealed class KernelLock(WakeQueue wakes)
{
    private static readonly KernelTask<bool> Entered = KernelTask<bool>.Of(true);

    private readonly LinkedList<Waiter> _waiting = new();
    private int _readers;
    private bool _writer;

    /// <summary>Who holds it shared.</summary>
    public int Readers => _readers;

    /// <summary>Somebody holds it exclusively.</summary>
    public bool IsWriteHeld => _writer;

    /// <summary>Who waits for it.</summary>
    public int Waiting => _waiting.Count;

    public bool IsFree => _readers == 0 && !_writer;

    public KernelTask<bool> AcquireAsync(bool exclusive) =>
        !exclusive ? ReadAsync()
        : IsFree ? EnterNow(exclusive: true)
        : WriteAsync();

    private KernelTask<bool> EnterNow(bool exclusive)
    {
        Enter(exclusive);
        return Entered;
    }

    /// <summary>down_read_trylock() or down_write_trylock().</summary>
    public bool TryAcquire(bool exclusive)
    {
        if (_waiting.Count > 0 || _writer || (exclusive && _readers > 0))
            return false;
        Enter(exclusive);
        return true;
    }

    public void Release(bool exclusive)
    {
        if (exclusive)
            _writer = false;
        else
            _readers--;
        WakeFront();
    }

    /// <summary>
    /// rwsem_down_read_slowpath(): behind who waits, if others read; a free lock is anybody's.
    /// </summary>
    private KernelTask<bool> ReadAsync()
    {
        bool mustQueue = _writer || (_waiting.Count > 0 && _readers > 0);
        if (mustQueue)
        {
            KernelTask<bool> task = new(wakes.Current);
            _waiting.AddLast(new Waiter(task, IsWriter: false));
            return task;
        }

        Enter(exclusive: false);
        WakeReadersInFront();
        return Entered;
    }

    private async KernelTask<bool> WriteAsync()
    {
        while (!IsFree)
        {
            // Who was woken and came too late keeps its place.
            KernelTask<bool> woken = new(wakes.Current);
            LinkedListNode<Waiter> place = _waiting.AddLast(new Waiter(woken, IsWriter: true));
            await woken;
            while (!IsFree)
            {
                woken = new(wakes.Current);
                place.Value = new(woken, IsWriter: true);
                await woken;
            }

            _waiting.Remove(place);
        }

        Enter(exclusive: true);
        return true;
    }

    /// <summary>rwsem_mark_wake() with RWSEM_WAKE_ANY.</summary>
    private void WakeFront()
    {
        if (_waiting.First?.Value is { IsWriter: true } writer)
        {
            if (IsFree && !writer.IsWoken)
            {
                writer.IsWoken = true;
                wakes.Wake(writer.Task);
            }

            return;
        }

        WakeReadersInFront();
    }

    private void WakeReadersInFront()
    {
        while (!_writer && _waiting.First?.Value is { IsWriter: false } reader)
        {
            _waiting.RemoveFirst();
            Enter(exclusive: false);
            wakes.Wake(reader.Task);
        }
    }

    private void Enter(bool exclusive)
    {
        if (exclusive)
            _writer = true;
        else
            _readers++;
    }

    private sealed record Waiter(KernelTask<bool> Task, bool IsWriter)
    {
        public bool IsWoken { get; set; }
    }
}
