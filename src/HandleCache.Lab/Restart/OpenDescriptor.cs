using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Restart;

/// <summary>A descriptor of this process as one side of a pair; owns it.</summary>
internal sealed class OpenDescriptor(FileDescriptor file) : IOpenFile
{
    public SysResult Read(Span<byte> buffer, long offset) => Files.ReadAt(file, buffer, offset);

    public SysResult Write(ReadOnlySpan<byte> data, long offset) =>
        Files.WriteAt(file, data, offset);

    public Errno Truncate(long lengthBytes) => Files.Truncate(file, lengthBytes);

    public Errno Stat(out Statx statx) =>
        Metadata.Statx(file, StatxMask.BasicStats, out statx);

    public void Dispose() => file.Dispose();
}
