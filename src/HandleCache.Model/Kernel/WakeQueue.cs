namespace HandleCache.Model.Kernel;

/// <summary>
/// Tasks that have been woken, in order. Who wakes another runs on to its own next wait, as on a
/// kernel with one CPU: only then does the woken one run. (Of a name being looked up this decides
/// what is seen: fuse_lookup() sets the validity after d_splice_alias() has woken the waiters.)
/// </summary>
internal sealed class WakeQueue
{
    private readonly Queue<KernelTask<bool>> _woken = new();

    public void Wake(KernelTask<bool> task) => _woken.Enqueue(task);

    /// <summary>Runs all that was woken, and whom that wakes.</summary>
    public void Run()
    {
        while (_woken.TryDequeue(out KernelTask<bool>? task))
            task.SetResult(true);
    }
}
