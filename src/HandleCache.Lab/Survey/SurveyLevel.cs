using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Survey;

/// <summary>A directory that is being read, and how far; it owns the descriptor.</summary>
internal sealed class SurveyLevel : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _filled;
    private int _position;

    public SurveyLevel(FileDescriptor directory, ulong mount)
    {
        Directory = directory;
        Mount = mount;
    }

    public FileDescriptor Directory { get; private set; }

    /// <summary>Id of the mount it lies in.</summary>
    public ulong Mount { get; private set; }

    /// <summary>Takes on another directory; the one before was disposed of.</summary>
    public SurveyLevel Reuse(FileDescriptor directory, ulong mount)
    {
        Directory = directory;
        Mount = mount;
        _filled = _position = 0;
        return this;
    }

    /// <summary>The records not passed yet; reads on where there are none.</summary>
    public bool TryRecords(out ReadOnlySpan<byte> records, out Errno errno)
    {
        errno = Errno.None;
        if (_position >= _filled)
        {
            SysResult read = DirectoryReader.Fill(Directory, _buffer);
            errno = read.Errno;
            _filled = (int)read.Value;
            _position = 0;
        }

        records = _buffer.AsSpan(_position, _filled - _position);
        return !records.IsEmpty;
    }

    /// <summary>So many bytes of the records are done with.</summary>
    public void Pass(int bytes) => _position += bytes;

    /// <summary>Nothing more is to be had from what was read.</summary>
    public void PassAll() => _position = _filled;

    public void Dispose() => Directory.Dispose();
}
