using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>One side of a <see cref="PairFile"/>: an open file and what is done with it.</summary>
internal interface IOpenFile : IDisposable
{
    /// <summary>pread(2).</summary>
    SysResult Read(Span<byte> buffer, long offset);

    /// <summary>pwrite(2).</summary>
    SysResult Write(ReadOnlySpan<byte> data, long offset);

    /// <summary>ftruncate(2).</summary>
    Errno Truncate(long lengthBytes);

    /// <summary>statx(2) of the file itself.</summary>
    Errno Stat(out Statx statx);
}
