using System.Collections.Concurrent;
using HandleCache.Protocol.Traces;

namespace HandleCache.Lab.Replay;

/// <summary>
/// Writes a trace to a file on a thread of its own, so that whoever records waits for the disk only
/// when it is megabytes ahead of it; nothing is ever left out. After the first failed write
/// nothing more is written, and <see cref="Failure"/> says why.
/// </summary>
internal sealed class TraceFileSink : ITraceSink, IDisposable
{
    private const int BlocksAhead = 128;

    private readonly FileStream _file;
    private readonly Action<string> _report;
    private readonly BlockingCollection<(byte[] Bytes, int Length)> _full = new(BlocksAhead);
    private readonly ConcurrentBag<byte[]> _spare = [];
    private readonly Thread _thread;
    private long _written;
    private Exception? _failure;
    private bool _disposed;

    /// <param name="path">Made, or emptied where it exists.</param>
    /// <param name="report">Told at once when a write fails.</param>
    /// <exception cref="BadInputException">The file cannot be opened for writing.</exception>
    public TraceFileSink(string path, Action<string> report)
    {
        Path = path;
        _report = report;
        ResultPlace.RequireFile(path);
        try
        {
            _file = new FileStream(
                path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{path}: {e.Message}", e);
        }

        _thread = new Thread(WriteAll) { IsBackground = true, Name = "trace-writer" };
        _thread.Start();
    }

    public string Path { get; }

    /// <summary>The first failure; null as long as all was written.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (!_spare.TryTake(out byte[]? room) || room.Length < bytes.Length)
            room = GC.AllocateUninitializedArray<byte>(bytes.Length);
        bytes.CopyTo(room);
        _full.Add((room, bytes.Length));
    }

    /// <summary>Writes what is still to be written, to the disk, and closes the file.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _full.CompleteAdding();
        _thread.Join();
        Try(() =>
        {
            if (_file.CanSeek)
                _file.Flush(flushToDisk: true);
        });
        Try(_file.Dispose);
        _full.Dispose();
    }

    private void WriteAll()
    {
        foreach ((byte[] bytes, int length) in _full.GetConsumingEnumerable())
        {
            if (_failure is null)
            {
                Try(() => _file.Write(bytes, 0, length));
                _written += length;
            }

            _spare.Add(bytes);
        }
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (_failure is not null)
                return;
            Volatile.Write(ref _failure, new TraceFileException(
                $"{Path}: not recorded whole, and refused by replay: after {_written} bytes: "
                + e.Message, e));
            _report(_failure.Message);
        }
    }
}
