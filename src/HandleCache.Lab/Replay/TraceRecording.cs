using HandleCache.Protocol.Traces;
using HandleCache.Server.Tap;

namespace HandleCache.Lab.Replay;

/// <summary>
/// A trace in the making, in a file. Disposing completes it on every path, so that an interrupted
/// run leaves a whole trace; every mirror that writes to it must be disposed before.
/// </summary>
public sealed class TraceRecording : IDisposable
{
    private readonly TraceFileSink _sink;
    private readonly TraceWriter _trace;
    private bool _disposed;

    private TraceRecording(string path, Action<string> report)
    {
        _sink = new TraceFileSink(path, report);
        _trace = new TraceWriter(_sink);
    }

    /// <param name="path">The file; made, or emptied where it exists. Null records nothing.</param>
    /// <param name="report">Told at once when a write fails.</param>
    /// <exception cref="BadInputException">The file cannot be opened for writing.</exception>
    public static TraceRecording? Create(string? path, Action<string> report) =>
        path is null ? null : new TraceRecording(path, report);

    /// <summary>For the mirror of one mount.</summary>
    public MirrorRecording Of(string mountName) => new(_trace, mountName);

    /// <summary>
    /// Completes the trace.
    /// </summary>
    /// <exception cref="TraceFileException">Not all of it could be written.</exception>
    public void Complete()
    {
        Dispose();
        if (_sink.Failure is { } failure)
            throw failure;
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _trace.Complete();
        _sink.Dispose();
    }
}
