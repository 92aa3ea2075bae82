using System.Buffers;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Reads a directory of the source ahead in blocks and gives its entries one at a time. The
/// offset of an entry is the source's own cookie (d_off), so reading resumes anywhere, also
/// after a seek. The holder of <see cref="Gate"/> uses it.
/// </summary>
internal sealed class DirectoryStream
{
    private const int BufferBytes = 32768;

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private int _peekedBytes;

    /// <summary>The cookie that the record at _start continues.</summary>
    private ulong _position;

    public Lock Gate { get; } = new();

    /// <summary>Stands at a cookie; 0 is the beginning, read afresh.</summary>
    public Errno SeekTo(FileDescriptor directory, ulong offset)
    {
        if (offset == _position && offset != 0)
            return Errno.None;
        _start = 0;
        _end = 0;
        SysResult sought = Files.Seek(directory, (long)offset, 0);

        // Where a failed seek has left it nobody knows: the next read begins with a seek.
        _position = sought.Failed ? 0 : offset;
        return sought.Errno;
    }

    /// <summary>
    /// The next entry without passing it; false at the end of the directory or with an errno.
    /// </summary>
    public bool TryPeek(FileDescriptor directory, out DirectoryEntry entry, out Errno errno)
    {
        errno = Errno.None;
        entry = default;
        if (_start == _end)
        {
            if (_buffer.Length == 0)
                _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            SysResult filled = DirectoryReader.Fill(directory, _buffer.AsSpan(0, BufferBytes));
            (_start, _end, errno) = (0, (int)filled.Value, filled.Errno);
            if (_end == 0)
                return false;
        }

        DirectoryReader reader = new(_buffer.AsSpan(_start, _end - _start));
        if (!reader.TryNext(out entry))
        {
            errno = Errno.EIO;
            return false;
        }

        _peekedBytes = reader.ReadBytes;
        return true;
    }

    /// <summary>Gives the buffer back for the next directory; nothing is read ahead then.</summary>
    public void Close()
    {
        lock (Gate)
        {
            if (_buffer.Length != 0)
                ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _start, _end, _position) = ([], 0, 0, 0);
        }
    }

    /// <summary>Passes the entry that was peeked.</summary>
    public void Pass(in DirectoryEntry peeked)
    {
        _start += _peekedBytes;
        _position = (ulong)peeked.NextOffset;
    }
}
