namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// A sleeping reader-writer lock, first come first served (models i_rwsem). The release
/// hands the lock to who waits, and wakes him.
/// </summary>
internal sealed class KernelLock(WakeQueue wakes)
{
    private readonly Queue<(bool Exclusive, KernelTask<bool> Task)> _waiting = new();
    private int _readers;
    private bool _writer;

    /// <summary>Who holds it shared.</summary>
    public int Readers => _readers;

    /// <summary>Somebody holds it exclusively.</summary>
    public bool IsWriteHeld => _writer;

    /// <summary>Who waits for it.</summary>
    public int Waiting => _waiting.Count;

    public bool IsFree => _readers == 0 && !_writer;

    public KernelTask<bool> AcquireAsync(bool exclusive)
    {
        KernelTask<bool> task = new(wakes.Current);
        if (_waiting.Count == 0 && Admits(exclusive))
        {
            Enter(exclusive);
            task.SetResult(true);
        }
        else
        {
            _waiting.Enqueue((exclusive, task));
        }

        return task;
    }

    /// <summary>down_read_trylock() or down_write_trylock().</summary>
    public bool TryAcquire(bool exclusive)
    {
        if (_waiting.Count > 0 || !Admits(exclusive))
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
        while (_waiting.TryPeek(out (bool Exclusive, KernelTask<bool> Task) next)
            && Admits(next.Exclusive))
        {
            _waiting.Dequeue();
            Enter(next.Exclusive);
            wakes.Wake(next.Task);
        }
    }

    private bool Admits(bool exclusive) => !_writer && (!exclusive || _readers == 0);

    private void Enter(bool exclusive)
    {
        if (exclusive)
            _writer = true;
        else
            _readers++;
    }
}
