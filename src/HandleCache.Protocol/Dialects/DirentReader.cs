using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Walks a READDIR or READDIRPLUS reply with the checks of parse_dirfile() and
/// parse_dirplusfile() (fs/fuse/readdir.c): a record that does not fit ends the walk without an
/// error, a name that is empty, too long or holds a '/' is one.
/// </summary>
public ref struct DirentReader
{
    private static readonly int DirentBytes = Unsafe.SizeOf<fuse_dirent>();

    private readonly ReadOnlySpan<byte> _source;
    private readonly Dialect? _plus;
    private int _position;

    /// <param name="source">The body of the reply.</param>
    /// <param name="plus">The dialect of the entries for READDIRPLUS, null for READDIR.</param>
    public DirentReader(ReadOnlySpan<byte> source, Dialect? plus)
    {
        _source = source;
        _plus = plus;
        _position = 0;
        Error = WireError.None;
        Name = default;
        Entry = default;
        Dirent = default;
    }

    public WireError Error { get; private set; }

    /// <summary>Name of the current record.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Entry of the current READDIRPLUS record.</summary>
    public WireEntry Entry { get; private set; }

    public fuse_dirent Dirent { get; private set; }

    /// <summary>Moves to the next record; false at the end and at an error.</summary>
    public bool MoveNext()
    {
        ReadOnlySpan<byte> rest = _source[_position..];
        int entryBytes = 0;
        if (_plus is not null)
        {
            if (rest.Length < _plus.EntryBytes(0) + DirentBytes)
                return false;
            Error = _plus.ReadEntry(rest, -1, out WireEntry entry);
            if (Error.IsError)
                return false;
            Entry = entry;
            entryBytes = entry.Bytes;
        }

        if (!MemoryMarshal.TryRead(rest[entryBytes..], out fuse_dirent dirent))
            return false;
        if (dirent.namelen is 0 or > FuseConstants.FUSE_NAME_MAX)
        {
            Error = new WireError(
                WireFault.BadName, _position, FuseConstants.FUSE_NAME_MAX, dirent.namelen);
            return false;
        }

        int record = FuseConstants.FUSE_REC_ALIGN(entryBytes + DirentBytes + (int)dirent.namelen);
        if (record > rest.Length)
            return false;
        Name = rest.Slice(entryBytes + DirentBytes, (int)dirent.namelen);
        if (Name.Contains((byte)'/'))
        {
            Error = new WireError(WireFault.BadName, _position, 0, Name.Length);
            return false;
        }

        Dirent = dirent;
        _position += record;
        return true;
    }
}
