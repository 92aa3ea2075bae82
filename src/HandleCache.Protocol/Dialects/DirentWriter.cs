using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Fills a READDIR or READDIRPLUS reply record by record, each padded to 8 bytes, never more
/// than the bytes asked for.
/// </summary>
public ref struct DirentWriter
{
    private static readonly int DirentBytes = Unsafe.SizeOf<fuse_dirent>();

    private readonly Span<byte> _destination;

    /// <param name="destination">Room of exactly the bytes the request asked for.</param>
    public DirentWriter(Span<byte> destination)
    {
        _destination = destination;
        WrittenBytes = 0;
    }

    /// <summary>Bytes of all records so far.</summary>
    public int WrittenBytes { get; private set; }

    /// <summary>Adds a READDIR record; false (and nothing written) when it does not fit.</summary>
    public bool TryAdd(ulong ino, ulong offset, uint type, scoped ReadOnlySpan<byte> name) =>
        TryAddAt(0, ino, offset, type, name);

    /// <summary>
    /// Whether a READDIRPLUS record fits; to be asked before a lookup is counted.
    /// </summary>
    public readonly bool FitsPlus(Dialect dialect, int handleBytes, int nameBytes) =>
        FuseConstants.FUSE_REC_ALIGN(dialect.EntryBytes(handleBytes) + DirentBytes + nameBytes)
        <= _destination.Length - WrittenBytes;

    /// <summary>
    /// Adds a READDIRPLUS record; false (and nothing written) when it does not fit.
    /// </summary>
    public bool TryAddPlus(
        Dialect dialect,
        scoped in fuse_entry_out entry,
        uint handleType,
        scoped ReadOnlySpan<byte> handle,
        scoped in fuse_dirent dirent,
        scoped ReadOnlySpan<byte> name)
    {
        if (!FitsPlus(dialect, handle.Length, name.Length))
            return false;
        Span<byte> room = _destination[WrittenBytes..];
        return dialect.TryWriteEntry(room, entry, handleType, handle, out int entryBytes)
            && TryAddAt(entryBytes, dirent.ino, dirent.off, dirent.type, name);
    }

    private bool TryAddAt(
        int prefixBytes, ulong ino, ulong offset, uint type, scoped ReadOnlySpan<byte> name)
    {
        int used = prefixBytes + DirentBytes + name.Length;
        int record = FuseConstants.FUSE_REC_ALIGN(used);
        if (record > _destination.Length - WrittenBytes)
            return false;
        Span<byte> room = _destination.Slice(WrittenBytes, record);
        fuse_dirent dirent = new()
        {
            ino = ino,
            off = offset,
            namelen = (uint)name.Length,
            type = type,
        };
        MemoryMarshal.Write(room[prefixBytes..], dirent);
        name.CopyTo(room[(prefixBytes + DirentBytes)..]);
        room[used..].Clear();
        WrittenBytes += record;
        return true;
    }
}
