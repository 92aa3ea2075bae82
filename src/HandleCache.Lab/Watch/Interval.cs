namespace HandleCache.Lab.Watch;

/// <summary>Does something at intervals, on a thread of its own, until it is disposed.</summary>
internal sealed class Interval : IDisposable
{
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private long _rounds;

    /// <param name="every">Between two rounds, and before the first.</param>
    /// <param name="round">May block; somebody ends that before <see cref="Dispose"/>.</param>
    /// <param name="name">Of the thread.</param>
    public Interval(TimeSpan every, Action round, string name)
    {
        _thread = new Thread(() =>
        {
            while (!_stop.Wait(every))
            {
                round();
                Interlocked.Increment(ref _rounds);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        _thread.Start();
    }

    /// <summary>How often it was done.</summary>
    public long Rounds => Interlocked.Read(ref _rounds);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }
}
