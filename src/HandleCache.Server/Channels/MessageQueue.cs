using System.Buffers.Binary;

namespace HandleCache.Server.Channels;

/// <summary>
/// A queue of whole messages between threads: a ring of bytes, each message behind its length.
/// It grows to the most that ever lay in it and allocates no more after that.
/// </summary>
internal sealed class MessageQueue
{
    private const int LengthBytes = sizeof(int);

    private readonly object _lock = new();
    private byte[] _ring = new byte[1 << 16];
    private int _start;
    private int _usedBytes;
    private bool _closed;

    /// <summary>Adds a message; false when the queue is closed.</summary>
    public bool TryPut(ReadOnlySpan<byte> message)
    {
        Span<byte> length = stackalloc byte[LengthBytes];
        BinaryPrimitives.WriteInt32LittleEndian(length, message.Length);
        lock (_lock)
        {
            if (_closed)
                return false;
            Reserve(LengthBytes + message.Length);
            Append(length);
            Append(message);
            Monitor.Pulse(_lock);
            return true;
        }
    }

    /// <summary>
    /// Waits for a message and copies it: its length in bytes; 0 when the queue is closed (and,
    /// with <paramref name="drain"/>, empty); null when the time is over. A message longer than
    /// the buffer stays, and its length comes back negative.
    /// </summary>
    public int? Take(Span<byte> buffer, int timeoutMs, bool drain)
    {
        long end = Environment.TickCount64 + timeoutMs;
        lock (_lock)
        {
            while (_usedBytes == 0 || (_closed && !drain))
            {
                if (_closed)
                    return 0;

                // Woken without a message for it (another was faster), it waits only the rest.
                int rest = timeoutMs < 0
                    ? Timeout.Infinite
                    : (int)Math.Max(0, end - Environment.TickCount64);
                if (!Monitor.Wait(_lock, rest) && _usedBytes == 0 && !_closed)
                    return null;
            }

            Span<byte> prefix = stackalloc byte[LengthBytes];
            CopyOut(0, prefix);
            int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
            if (length > buffer.Length)
            {
                Monitor.Pulse(_lock);
                return -length;
            }

            CopyOut(LengthBytes, buffer[..length]);
            _start = (_start + LengthBytes + length) % _ring.Length;
            _usedBytes -= LengthBytes + length;
            return length;
        }
    }

    /// <summary>Wakes every taker, now and later.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            Monitor.PulseAll(_lock);
        }
    }

    private void Reserve(int bytes)
    {
        if (_usedBytes + bytes <= _ring.Length)
            return;
        int size = Math.Max(_ring.Length * 2, _usedBytes + bytes);
        byte[] larger = new byte[size];
        CopyOut(0, larger.AsSpan(0, _usedBytes));
        _ring = larger;
        _start = 0;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        int end = (_start + _usedBytes) % _ring.Length;
        int first = Math.Min(bytes.Length, _ring.Length - end);
        bytes[..first].CopyTo(_ring.AsSpan(end));
        bytes[first..].CopyTo(_ring);
        _usedBytes += bytes.Length;
    }

    private void CopyOut(int offset, Span<byte> destination)
    {
        int from = (_start + offset) % _ring.Length;
        int first = Math.Min(destination.Length, _ring.Length - from);
        _ring.AsSpan(from, first).CopyTo(destination);
        _ring.AsSpan(0, destination.Length - first).CopyTo(destination[first..]);
    }
}
