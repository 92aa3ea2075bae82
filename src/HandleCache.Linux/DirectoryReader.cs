using System.Buffers.Binary;
using HandleCache.Linux.Native;

namespace HandleCache.Linux;

/// <summary>One entry of getdents64(2); the name lies in the reader's buffer.</summary>
public readonly ref struct DirectoryEntry
{
    public required ulong Ino { get; init; }

    /// <summary>d_off: the cookie that continues after this entry.</summary>
    public required long NextOffset { get; init; }

    /// <summary>d_type (DT_*), 0 where the file system does not say.</summary>
    public required byte Type { get; init; }

    /// <summary>The name with its NUL.</summary>
    public required ReadOnlySpan<byte> NameWithNul { get; init; }

    public ReadOnlySpan<byte> Name => NameWithNul[..^1];

    public bool IsDotOrDotDot => Name.SequenceEqual("."u8) || Name.SequenceEqual(".."u8);
}

/// <summary>Walks the records that <see cref="Fill"/> put into a buffer.</summary>
public ref struct DirectoryReader
{
    /// <summary>d_ino, d_off, d_reclen, d_type; then the name.</summary>
    private const int HeaderBytes = 19;

    private ReadOnlySpan<byte> _rest;

    public DirectoryReader(ReadOnlySpan<byte> records)
    {
        _rest = records;
        ReadBytes = 0;
    }

    /// <summary>Bytes of the records passed so far.</summary>
    public int ReadBytes { get; private set; }

    /// <summary>getdents64(2): bytes of records, 0 at the directory's end.</summary>
    public static unsafe SysResult Fill(FileDescriptor directory, Span<byte> buffer)
    {
        // SAFETY: pinned for the call; the length given is the span's.
        fixed (byte* start = buffer)
            return Sys.Count(LibC.getdents64(directory, start, (nuint)buffer.Length));
    }

    /// <summary>
    /// The next entry; false at the end of the records, and for a record that does not fit in
    /// what is left, which the kernel never writes.
    /// </summary>
    public bool TryNext(out DirectoryEntry entry)
    {
        entry = default;
        if (_rest.Length <= HeaderBytes)
            return false;
        int recordBytes = BinaryPrimitives.ReadUInt16LittleEndian(_rest[16..]);
        if (recordBytes <= HeaderBytes || recordBytes > _rest.Length)
            return false;
        ReadOnlySpan<byte> name = _rest[HeaderBytes..recordBytes];
        int nul = name.IndexOf((byte)0);
        if (nul < 0)
            return false;
        entry = new DirectoryEntry
        {
            Ino = BinaryPrimitives.ReadUInt64LittleEndian(_rest),
            NextOffset = BinaryPrimitives.ReadInt64LittleEndian(_rest[8..]),
            Type = _rest[18],
            NameWithNul = name[..(nul + 1)],
        };
        _rest = _rest[recordBytes..];
        ReadBytes += recordBytes;
        return true;
    }
}
