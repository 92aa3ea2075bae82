using HandleCache.Lab.Restart;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Tests.Restart;

/// <summary>
/// A file in memory as one side of a pair. Where it is refused a change it behaves as the kernel
/// does with a server that says ESTALE: what it has cached stays readable.
/// </summary>
internal sealed class MemoryFile(byte[] data, uint links) : IOpenFile
{
    public byte[] Data { get; private set; } = data;

    /// <summary>What each change is refused with.</summary>
    public Errno Refusal { get; set; }

    /// <summary>How much of a write still gets through before the refusal, bytes.</summary>
    public int WrittenBefore { get; set; }

    /// <summary>Of a server that answers reads with less than there is.</summary>
    public int MostRead { get; set; } = int.MaxValue;

    /// <summary>What each read fails with.</summary>
    public Errno ReadError { get; set; }

    /// <summary>What the server says about the file.</summary>
    public Errno Asked { get; set; }

    public SysResult Read(Span<byte> buffer, long offset)
    {
        if (ReadError != Errno.None)
            return SysResult.Failure(ReadError);
        ReadOnlySpan<byte> rest = Data.AsSpan((int)Math.Min(offset, Data.Length));
        int count = Math.Min(MostRead, Math.Min(buffer.Length, rest.Length));
        rest[..count].CopyTo(buffer);
        return SysResult.Success(count);
    }

    public SysResult Write(ReadOnlySpan<byte> data, long offset)
    {
        int count = Refusal == Errno.None ? data.Length : WrittenBefore;
        if (count == 0)
            return SysResult.Failure(Refusal);
        byte[] longer = new byte[Math.Max(Data.Length, offset + count)];
        Data.CopyTo(longer, 0);
        data[..count].CopyTo(longer.AsSpan((int)offset));
        Data = longer;
        return SysResult.Success(count);
    }

    public Errno Truncate(long lengthBytes)
    {
        if (Refusal != Errno.None)
            return Refusal;
        byte[] cut = new byte[lengthBytes];
        Data.AsSpan(0, (int)Math.Min(lengthBytes, Data.Length)).CopyTo(cut);
        Data = cut;
        return Errno.None;
    }

    public Errno Stat(out Statx statx)
    {
        statx = new Statx { Ino = 5, NLink = links, SizeBytes = (ulong)Data.Length };
        return Errno.None;
    }

    public Errno Ask() => Asked;

    public void Dispose() { }
}
