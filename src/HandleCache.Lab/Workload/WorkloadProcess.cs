using System.Diagnostics;
using System.Globalization;
using System.Text;
using HandleCache.Server;

namespace HandleCache.Lab.Workload;

/// <summary>
/// The parent's side of a workload process. The process sees the mounts of the thread that calls
/// <see cref="Start"/>: it is forked from a thread made there, and threads and processes are born
/// in the mount namespace of the thread that makes them. That thread lives as long as this
/// object, since the process is told by the kernel to die when the thread that forked it ends
/// (PR_SET_PDEATHSIG is about threads). One caller at a time.
/// </summary>
public sealed class WorkloadProcess : IDisposable
{
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(5);

    private readonly StringBuilder _errors = new();
    private readonly ManualResetEventSlim _errorsEnded = new();
    private readonly ManualResetEventSlim _over = new();
    private readonly Process _process = new();
    private readonly Thread _keeper;
    private PipedLines _lines = null!;
    private Exception? _startFailure;
    private bool _disposed;

    private WorkloadProcess(WorkloadCommandLine command)
    {
        ProcessStartInfo info = _process.StartInfo;
        info.FileName = command.FileName;
        foreach (string argument in command.Arguments)
            info.ArgumentList.Add(argument);
        info.ArgumentList.Add("--parent");
        info.ArgumentList.Add(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        info.UseShellExecute = false;
        _process.ErrorDataReceived += (_, line) => AddError(line.Data);
        _keeper = new Thread(Keep) { IsBackground = true, Name = "workload-keeper" };
    }

    /// <summary>The process id of the child.</summary>
    public int ProcessId => _process.Id;

    /// <summary>What the child wrote on stderr until now.</summary>
    public string StandardError
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts the child in the mount namespace of the calling thread.</summary>
    /// <exception cref="WorkloadException">It could not be started.</exception>
    public static WorkloadProcess Start(WorkloadCommandLine? command = null)
    {
        WorkloadProcess workload = new(command ?? WorkloadCommandLine.ThisProgram());
        try
        {
            ManualResetEventSlim started = new();
            workload._keeper.Start(started);
            started.Wait();
            if (workload._startFailure is { } failure)
            {
                throw new WorkloadException(
                    $"cannot start the workload: {failure.Message}", failure);
            }

            workload._lines = new PipedLines(
                workload._process.StandardInput, workload._process.StandardOutput);
            return workload;
        }
        catch
        {
            workload.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <exception cref="WorkloadException">
    /// Refused, dead, or no answer in time; in the last case the child is killed.
    /// </exception>
    public TReply Ask<TReply>(WorkloadRequest<TReply> request, TimeSpan timeout)
        where TReply : WorkloadReply
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        string name = typeof(TReply).Name;
        string? answer;
        try
        {
            if (!_lines.TryWrite(WorkloadJson.ToLine(request), timeout)
                || !_lines.TryRead(timeout, out answer))
                throw Overdue(name, timeout);
        }
        catch (Exception e) when (e is IOException || e.InnerException is IOException)
        {
            throw Died(name);
        }

        if (answer is null)
            throw Died(name);
        return WorkloadJson.ReadReply(answer) switch
        {
            TReply reply => reply,
            FailureReply failure => throw new WorkloadException($"workload: {failure.Message}"),
            WorkloadReply other => throw new WorkloadException(
                $"workload: expected {name}, got {other.GetType().Name}"),
        };
    }

    /// <summary>
    /// Kills the child from any thread, so that whoever is asking it gets a
    /// <see cref="WorkloadException"/>; nothing to do when it is gone.
    /// </summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // Not started yet or disposed already: there is no child.
        }
    }

    /// <summary>Kills the child if it still lives; waits until it is gone.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_keeper.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
            _startFailure = new InvalidOperationException("not started");
        else if (_startFailure is null)
            KillAndWait();
        _over.Set();
        if (!_keeper.ThreadState.HasFlag(System.Threading.ThreadState.Unstarted))
            _keeper.Join();
        _process.Dispose();
        _over.Dispose();
    }

    private void Keep(object? started)
    {
        try
        {
            _process.Start();
            _process.BeginErrorReadLine();
        }
#pragma warning disable CA1031 // Kept and thrown again by Start(), on the caller's thread.
        catch (Exception e)
#pragma warning restore CA1031
        {
            _startFailure = e;
        }

        ((ManualResetEventSlim)started!).Set();
        if (_startFailure is null)
            _over.Wait();
    }

    private void AddError(string? line)
    {
        if (line is null)
        {
            _errorsEnded.Set();
            return;
        }

        lock (_errors)
            _errors.AppendLine(line);
    }

    private WorkloadException Died(string what)
    {
        bool exited = _process.WaitForExit(ExitTimeout);
        _errorsEnded.Wait(ExitTimeout);
        string how = exited
            ? string.Create(CultureInfo.InvariantCulture, $"ended with code {_process.ExitCode}")
            : "closed its output";
        return new WorkloadException(
            $"the workload process {how} before its {what}\n{StandardError}".TrimEnd());
    }

    private WorkloadException Overdue(string what, TimeSpan timeout)
    {
        KillAndWait();
        string seconds = timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        return new WorkloadException(
            $"the workload process gave no {what} within {seconds} s\n{StandardError}".TrimEnd());
    }

    private void KillAndWait()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit(ExitTimeout);
    }
}

/// <summary>
/// The workload process failed: it refused a request, died, or gave no answer in time. The
/// message is for the user and holds what the process wrote on stderr.
/// </summary>
public sealed class WorkloadException : LabException
{
    public WorkloadException(string message) : base(message) { }

    public WorkloadException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>How a workload process is started: this program again, with a hidden command.</summary>
/// <param name="FileName">The executable.</param>
/// <param name="Arguments">What comes before the parent's process id.</param>
public sealed record WorkloadCommandLine(string FileName, IReadOnlyList<string> Arguments)
{
    /// <summary>The hidden command of the CLI.</summary>
    public const string CommandName = "workload";

    /// <summary>
    /// This program, whether it runs by its own executable or as <c>dotnet handlecache.dll</c>.
    /// </summary>
    public static WorkloadCommandLine ThisProgram()
    {
        (string program, string? assembly) = OwnProgram.Find();
        return Of(program, assembly);
    }

    /// <summary>A given executable, or <c>dotnet</c> with a given assembly.</summary>
    public static WorkloadCommandLine Of(string fileName, string? assembly = null) =>
        new(fileName, assembly is null ? [CommandName] : [assembly, CommandName]);
}
