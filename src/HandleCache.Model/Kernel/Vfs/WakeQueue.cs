namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// The scheduler: how many tasks are under way, and those that have been woken, in order. Who wakes
/// another runs on to its own next wait, as on a kernel with one CPU: only then does the woken one
/// run. (Of a name being looked up this decides what is seen: fuse_lookup() sets the validity after
/// d_splice_alias() has woken the waiters.)
/// </summary>
internal sealed class WakeQueue
{
    private readonly Queue<KernelTask<bool>> _woken = new();

    public Current Current { get; } = new();

    /// <summary>
    /// Calls and notifications begun and not ended: what they hold shows nowhere else.
    /// </summary>
    public int Running { get; private set; }

    public void Begin() => Running++;

    public void End() => Running--;

    /// <summary>For tests of the validator: makes the number of tasks lie.</summary>
    internal void CorruptRunning(int by) => Running += by;

    public void Wake(KernelTask<bool> task) => _woken.Enqueue(task);

    /// <summary>Runs all that was woken, and whom that wakes.</summary>
    public void Run()
    {
        while (_woken.TryDequeue(out KernelTask<bool>? task))
            task.SetResult(true);
    }
}
