using System.IO.Pipes;
using System.Text;
using HandleCache.Linux;

namespace HandleCache.Lab.Workload;

/// <summary>
/// Lines to and from a child process, on the calling thread: a reply costs no other thread's
/// wake-up. One caller at a time.
/// </summary>
internal sealed class PipedLines
{
    /// <summary>PIPE_BUF: so much a pipe with room for it takes at once.</summary>
    private const int AtOnceBytes = 4096;

    private readonly PipeStream _to;
    private readonly PipeStream _from;
    private byte[] _read = new byte[1 << 14];
    private int _start;
    private int _end;

    /// <param name="to">The child's standard input; nothing was written to it.</param>
    /// <param name="from">The child's standard output; nothing was read from it.</param>
    public PipedLines(StreamWriter to, StreamReader from)
    {
        _to = (PipeStream)to.BaseStream;
        _from = (PipeStream)from.BaseStream;
    }

    /// <summary>Writes a line; false when the time is over.</summary>
    /// <exception cref="IOException">The child is gone.</exception>
    public bool TryWrite(string line, TimeSpan timeout)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(line + '\n');
        if (bytes.Length > AtOnceBytes)
            return _to.WriteAsync(bytes).AsTask().Wait(timeout);
        _to.Write(bytes);
        return true;
    }

    /// <summary>
    /// Reads a line, null where the child's output has ended; false when the time is over.
    /// </summary>
    public bool TryRead(TimeSpan timeout, out string? line)
    {
        long end = Environment.TickCount64 + (long)timeout.TotalMilliseconds;
        line = null;
        int looked = _start;
        while (true)
        {
            int at = _read.AsSpan(looked, _end - looked).IndexOf((byte)'\n');
            if (at >= 0)
            {
                line = Encoding.ASCII.GetString(_read, _start, looked + at - _start);
                _start = looked + at + 1;
                return true;
            }

            MakeRoom();
            looked = _end;
            long rest = Math.Max(0, end - Environment.TickCount64);
            if (!Poller.WaitReadable(_from.SafePipeHandle, (int)rest))
                return false;
            int bytes = _from.Read(_read, _end, _read.Length - _end);
            if (bytes == 0)
                return true;
            _end += bytes;
        }
    }

    private void MakeRoom()
    {
        int held = _end - _start;
        byte[] old = _read;
        if (held > _read.Length / 2)
            _read = new byte[2 * old.Length];
        old.AsSpan(_start, held).CopyTo(_read);
        (_start, _end) = (0, held);
    }
}
