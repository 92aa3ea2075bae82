using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using HandleCache.Linux;

namespace HandleCache.Server.Mounting;

/// <summary>
/// A thread with a mount namespace of its own, for mounts that nobody else sees and that vanish
/// with the process. Processes started on it are born in its namespace. Where the namespace is
/// refused, the thread works in the process's own and <see cref="IsPrivate"/> says so.
/// </summary>
public sealed class NamespaceThread : IDisposable
{
    private readonly BlockingCollection<Action> _work = [];
    private readonly Thread _thread;

    /// <param name="ownNamespace">
    /// False: the thread stays in the namespace of the process, where everybody sees its mounts.
    /// </param>
    public NamespaceThread(bool ownNamespace = true)
    {
        using ManualResetEventSlim started = new();
        _thread = new Thread(() =>
        {
            IsPrivate = ownNamespace && TryEnter();
            started.Set();
            foreach (Action action in _work.GetConsumingEnumerable())
                action();
        })
        {
            IsBackground = true,
            Name = "mount-namespace",
        };
        _thread.Start();
        started.Wait();
    }

    /// <summary>Whether mounts made here are invisible elsewhere.</summary>
    public bool IsPrivate { get; private set; }

    /// <summary>Runs the action on the thread and gives back its result or its exception.</summary>
    public T Invoke<T>(Func<T> action)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        using ManualResetEventSlim done = new();
        _work.Add(() =>
        {
            try
            {
                result = action();
            }
#pragma warning disable CA1031 // Thrown again on the calling thread, as it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
            finally
            {
                done.Set();
            }
        });
        done.Wait();
        failure?.Throw();
        return result;
    }

    public void Dispose()
    {
        _work.CompleteAdding();
        _thread.Join();
        _work.Dispose();
    }

    private static bool TryEnter()
    {
        try
        {
            MountNamespace.EnterPrivate();
            return true;
        }
        catch (LinuxException)
        {
            return false;
        }
    }
}
