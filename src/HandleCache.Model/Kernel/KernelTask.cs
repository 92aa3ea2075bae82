using System.Runtime.CompilerServices;
using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel;

/// <summary>
/// A piece of kernel work that may wait for a reply or a lock. It runs on the thread of whoever
/// resumes it, at once and to its next wait: no scheduler, no thread pool, no synchronisation
/// context. So the caller's order of steps is the only order there is.
/// </summary>
[AsyncMethodBuilder(typeof(KernelTaskBuilder<>))]
internal class KernelTask<T> : INotifyCompletion
{
    private readonly Current? _current;
    private readonly Caller? _caller;
    private Action? _continuation;
    private Exception? _failure;
    private T? _result;

    public KernelTask() { }

    /// <summary>What the caller waits for, who is the same again when it comes.</summary>
    public KernelTask(Current current) => (_current, _caller) = (current, current.Task);

    /// <summary>What has come already: nothing to wait for, and nothing to allocate.</summary>
    public static KernelTask<T> Of(T result)
    {
        KernelTask<T> done = new();
        done.SetResult(result);
        return done;
    }

    public bool IsCompleted { get; private set; }

    public KernelTask<T> GetAwaiter() => this;

    public T GetResult()
    {
        if (_failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_failure);
        return _result!;
    }

    public void OnCompleted(Action continuation)
    {
        if (IsCompleted)
            continuation();
        else
            _continuation = continuation;
    }

    internal void SetResult(T result)
    {
        _result = result;
        Complete();
    }

    internal void SetFailure(Exception failure)
    {
        _failure = failure;
        Complete();
    }

    private void Complete()
    {
        IsCompleted = true;
        Action? continuation = _continuation;
        _continuation = null;
        if (continuation is not null)
            GoOn(continuation);
    }

    private void GoOn(Action continuation)
    {
        if (_current is null || _caller is null)
        {
            continuation();
            return;
        }

        Caller interrupted = _current.Task;
        _current.Task = _caller;
        continuation();
        _current.Task = interrupted;
    }
}
