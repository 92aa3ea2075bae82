using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Sessions;

/// <summary>
/// Builds the body of one reply in the worker's own buffer. A file system writes structs,
/// entries or bytes; the session puts the head in front.
/// </summary>
public ref struct ReplyBuilder
{
    private readonly Span<byte> _body;

    public ReplyBuilder(Span<byte> body, Dialect dialect)
    {
        _body = body;
        Dialect = dialect;
        BodyBytes = 0;
    }

    /// <summary>The dialect agreed on in INIT.</summary>
    public Dialect Dialect { get; }

    /// <summary>Bytes of the body so far.</summary>
    public int BodyBytes { get; private set; }

    /// <summary>
    /// Room for the rest of the body; filled bytes count after <see cref="Advance"/>.
    /// </summary>
    public readonly Span<byte> Free => _body[BodyBytes..];

    /// <summary>Appends a wire struct.</summary>
    public void Write<T>(in T value)
        where T : unmanaged
    {
        MemoryMarshal.Write(Free, value);
        BodyBytes += Unsafe.SizeOf<T>();
    }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Free);
        BodyBytes += bytes.Length;
    }

    /// <summary>Counts bytes that were put into <see cref="Free"/>.</summary>
    public void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Free.Length);
        BodyBytes += bytes;
    }

    /// <summary>
    /// Appends an entry with its file handle as the dialect has it; EOVERFLOW when the dialect
    /// does not take a handle of that length.
    /// </summary>
    public Errno WriteEntry(
        scoped in fuse_entry_out entry, uint handleType, scoped ReadOnlySpan<byte> handle)
    {
        if (!Dialect.TryWriteEntry(Free, entry, handleType, handle, out int written))
            return Errno.EOVERFLOW;
        BodyBytes += written;
        return Errno.None;
    }

    /// <summary>Directory records in at most <paramref name="sizeBytes"/> bytes.</summary>
    public readonly DirentWriter Dirents(uint sizeBytes) =>
        new(Free[..(int)Math.Min(sizeBytes, (uint)Free.Length)]);
}
