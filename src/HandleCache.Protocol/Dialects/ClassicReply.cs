using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Takes the handles out of an entry-returning reply, so that a kernel without handles can read
/// it.
/// </summary>
public static class ClassicReply
{
    /// <summary>
    /// Most bytes of the classic form of a reply of so many bytes. A dialect's entry may be
    /// shorter than today's, which has the attributes.
    /// </summary>
    public static int MostBytes(int bytes) => bytes + Dialect.ClassicEntryBytes;

    /// <summary>
    /// Writes the classic form of a successful reply of READDIRPLUS to
    /// <paramref name="destination"/> and gives its length in bytes.
    /// </summary>
    public static WireError ConvertRecords(
        Dialect dialect, scoped in FuseReply reply, Span<byte> destination, out int bytes)
    {
        WireError fault = ConvertRecords(
            dialect, reply.Body, destination[FuseReply.HeaderBytes..], out int bodyBytes);
        bytes = FuseReply.HeaderBytes + bodyBytes;
        WriteHead(destination, reply.Header, bytes, 0);
        return fault;
    }

    /// <summary>
    /// Writes the classic reply of an operation that returns one entry, and gives its length in
    /// bytes.
    /// </summary>
    /// <param name="header">Of the dialect's reply.</param>
    /// <param name="entry">With its attributes.</param>
    /// <param name="trailing">fuse_open_out of CREATE and TMPFILE, else empty.</param>
    /// <param name="destination">Room for header and body.</param>
    public static int WriteEntry(
        scoped in fuse_out_header header, scoped in fuse_entry_out entry,
        scoped ReadOnlySpan<byte> trailing, Span<byte> destination)
    {
        int bytes = FuseReply.HeaderBytes + Dialect.ClassicEntryBytes + trailing.Length;
        WriteHead(destination, header, bytes, 0);
        MemoryMarshal.Write(destination[FuseReply.HeaderBytes..], entry);
        trailing.CopyTo(destination[(FuseReply.HeaderBytes + Dialect.ClassicEntryBytes)..]);
        return bytes;
    }

    /// <summary>Writes a reply that is an error (negative), and gives its length in bytes.</summary>
    public static int WriteError(
        scoped in fuse_out_header header, int errno, Span<byte> destination)
    {
        WriteHead(destination, header, FuseReply.HeaderBytes, errno);
        return FuseReply.HeaderBytes;
    }

    private static void WriteHead(
        Span<byte> destination, fuse_out_header header, int bytes, int errno)
    {
        header.len = (uint)bytes;
        header.error = errno;
        MemoryMarshal.Write(destination, header);
    }

    private static WireError ConvertRecords(
        Dialect dialect, ReadOnlySpan<byte> source, Span<byte> destination, out int bytes)
    {
        DirentReader records = new(source, dialect);
        DirentWriter writer = new(destination);
        while (records.MoveNext())
        {
            fuse_entry_out entry = records.Entry.Entry;
            bool added = writer.TryAddPlus(
                Dialect.Classic, entry, 0, default, records.Dirent, records.Name);
            if (!added)
                break;
        }

        bytes = writer.WrittenBytes;
        return records.Error;
    }
}
