using System.Runtime.ExceptionServices;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Differential;

/// <summary>
/// Several scripts at once, each on a mount of its own: they wait as much as they work. What came
/// of them is told in the order of their numbers, so that a run ends where it would end with one
/// lane. A lane's client, its server and whoever compares them take turns, and stay on one
/// processor: to wake somebody on another costs more than the work between.
/// </summary>
internal sealed class ScriptLanes : IDisposable
{
    /// <summary>How many sleep, unmount or wait for a request while one works.</summary>
    private const int LanesPerProcessor = 3;

    private readonly IReadOnlyList<int> _processors = Processors.Allowed();
    private readonly List<ScriptHost> _hosts = [];

    /// <param name="scripts">There are no more lanes than these.</param>
    /// <param name="driver">Which FUSE is mounted.</param>
    /// <exception cref="Workload.WorkloadException">A client could not be started.</exception>
    public ScriptLanes(int scripts, FuseDriver driver)
    {
        int lanes = Math.Clamp(scripts, 1, LanesPerProcessor * _processors.Count);
        try
        {
            for (int i = 0; i < lanes; i++)
                _hosts.Add(new ScriptHost(driver: driver, processor: ProcessorOf(i)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public ScriptHost First => _hosts[0];

    /// <summary>From any thread: whoever asks a client gets an exception.</summary>
    public void KillClients()
    {
        foreach (ScriptHost host in _hosts)
            host.KillClients();
    }

    /// <param name="run">Runs a script by its number.</param>
    /// <param name="isDue">Whether the script of a number is to be run.</param>
    /// <param name="enter">
    /// Told what came of each, in their order and one at a time; false ends the run.
    /// </param>
    public void Run<T>(
        Func<ScriptHost, int, T> run, Func<int, bool> isDue, Func<int, T, bool> enter)
    {
        Turns<T> turns = new(isDue, enter);
        Thread[] threads = [.. _hosts.Select((host, lane) => new Thread(() =>
        {
            Processors.PinThread(ProcessorOf(lane));
            turns.Work(host, run);
        }) { Name = $"scripts-{lane}", IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        turns.Failure?.Throw();
    }

    private int ProcessorOf(int lane) => _processors[lane % _processors.Count];

    public void Dispose()
    {
        foreach (ScriptHost host in _hosts)
            host.Dispose();
    }

    private sealed class Turns<T>(Func<int, bool> isDue, Func<int, T, bool> enter)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<int, (T? Result, ExceptionDispatchInfo? Failure)> _early = [];
        private int _next;
        private int _entered;
        private bool _isOver;

        public ExceptionDispatchInfo? Failure { get; private set; }

        public void Work(ScriptHost host, Func<ScriptHost, int, T> run)
        {
            while (Take() is { } number)
                Give(number, Outcome(host, number, run));
        }

        private static (T? Result, ExceptionDispatchInfo? Failure) Outcome(
            ScriptHost host, int number, Func<ScriptHost, int, T> run)
        {
            try
            {
                return (run(host, number), null);
            }
#pragma warning disable CA1031 // Thrown again by Run(), when no lane runs any more.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return (default, ExceptionDispatchInfo.Capture(e));
            }
        }

        private int? Take()
        {
            lock (_lock)
                return _isOver || !isDue(_next) ? null : _next++;
        }

        /// <summary>A failure ends the run at its number, as it would with one lane.</summary>
        private void Give(int number, (T? Result, ExceptionDispatchInfo? Failure) outcome)
        {
            lock (_lock)
            {
                _early[number] = outcome;
                while (!_isOver && _early.Remove(_entered, out var due))
                {
                    Failure = due.Failure;
                    _isOver = Failure is not null || !enter(_entered++, due.Result!);
                }
            }
        }
    }
}
