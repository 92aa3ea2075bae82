using HandleCache.Linux;

namespace HandleCache.Lab.Survey;

/// <summary>
/// Directories for workers that have none. A worker gives one away only while somebody waits, and
/// otherwise goes down itself, so the queue holds no more than there are workers.
/// </summary>
internal sealed class SurveyQueue(int workers) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Queue<SurveyLevel> _waiting = new();
    private int _idle;
    private int _unfinished;
    private int _hungry;

    /// <summary>Somebody waits for whom nothing is queued; a glance, may be out of date.</summary>
    public bool IsHungry => Volatile.Read(ref _hungry) > 0;

    public void Add(FileDescriptor directory, ulong mount)
    {
        lock (_lock)
        {
            _waiting.Enqueue(new SurveyLevel(directory, mount));
            _unfinished++;
            Tell();
        }

        _available.Release();
    }

    /// <summary>The next directory; waits for one; null when the walk is over.</summary>
    public SurveyLevel? Take()
    {
        lock (_lock)
        {
            _idle++;
            Tell();
        }

        _available.Wait();
        lock (_lock)
        {
            _idle--;
            SurveyLevel? next = _waiting.TryDequeue(out SurveyLevel? level) ? level : null;
            Tell();
            return next;
        }
    }

    /// <summary>One taken directory is done with all that was kept of it.</summary>
    public void Finish()
    {
        lock (_lock)
        {
            if (--_unfinished > 0)
                return;
        }

        End();
    }

    /// <summary>Nobody shall wait any more; what is queued is closed.</summary>
    public void End()
    {
        lock (_lock)
        {
            while (_waiting.TryDequeue(out SurveyLevel? level))
                level.Dispose();
        }

        _available.Release(workers);
    }

    public void Dispose()
    {
        foreach (SurveyLevel level in _waiting)
            level.Dispose();
        _available.Dispose();
    }

    private void Tell() => Volatile.Write(ref _hungry, _idle - _waiting.Count);
}
