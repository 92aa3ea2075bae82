using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Takes the handles out of an entry-returning reply, so that a kernel without handles can read
/// it.
/// </summary>
public static class ClassicReply
{
    /// <summary>
    /// Writes the classic form of a successful reply of today's <paramref name="opcode"/> to
    /// <paramref name="destination"/> and gives its length in bytes.
    /// </summary>
    public static WireError Convert(
        Dialect dialect,
        FuseOpcode opcode,
        scoped in FuseReply reply,
        Span<byte> destination,
        out int bytes)
    {
        bytes = 0;
        int bodyBytes = 0;
        Span<byte> body = destination[FuseReply.HeaderBytes..];
        if (Operation.Of(opcode).Entry == EntryReplyForm.Records)
        {
            WireError fault = ConvertRecords(dialect, reply.Body, body, out bodyBytes);
            if (fault.IsError)
                return fault;
        }
        else
        {
            WireError fault = dialect.ReadEntryReply(
                opcode, reply, out WireEntry entry, out int errno);
            if (fault.IsError)
                return fault;
            if (errno != 0)
            {
                bytes = MessageBuilder.WriteReplyHead(
                    destination, reply.Header.unique, (Errno)(-errno), 0);
                return WireError.None;
            }

            bytes = WriteEntry(
                reply.Header.unique, entry.Entry, reply.Body[entry.Bytes..], destination);
            return WireError.None;
        }

        bytes = MessageBuilder.WriteReplyHead(
            destination, reply.Header.unique, Errno.None, bodyBytes);
        return WireError.None;
    }

    /// <summary>
    /// Most bytes of the classic form of a reply of so many bytes. A dialect's entry may be
    /// shorter than today's, which has the attributes.
    /// </summary>
    public static int MostBytes(int bytes) => bytes + Dialect.ClassicEntryBytes;

    /// <summary>
    /// Writes the classic reply of an operation that returns one entry, and gives its length in
    /// bytes.
    /// </summary>
    /// <param name="unique">Of the request.</param>
    /// <param name="entry">With its attributes.</param>
    /// <param name="trailing">fuse_open_out of CREATE and TMPFILE, else empty.</param>
    /// <param name="destination">Room for header and body.</param>
    public static int WriteEntry(
        ulong unique, scoped in fuse_entry_out entry, scoped ReadOnlySpan<byte> trailing,
        Span<byte> destination)
    {
        int bodyBytes = Dialect.ClassicEntryBytes + trailing.Length;
        int bytes = MessageBuilder.WriteReplyHead(destination, unique, Errno.None, bodyBytes);
        MemoryMarshal.Write(destination[FuseReply.HeaderBytes..], entry);
        trailing.CopyTo(destination[(FuseReply.HeaderBytes + Dialect.ClassicEntryBytes)..]);
        return bytes;
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
