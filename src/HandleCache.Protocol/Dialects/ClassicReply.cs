using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Takes the handles out of an entry-returning reply, so that a kernel without handles can read
/// it. Classic replies are never longer than those they come from.
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

            MemoryMarshal.Write(body, entry.Entry);
            ReadOnlySpan<byte> rest = reply.Body[entry.Bytes..];
            rest.CopyTo(body[Dialect.ClassicEntryBytes..]);
            bodyBytes = Dialect.ClassicEntryBytes + rest.Length;
        }

        bytes = MessageBuilder.WriteReplyHead(
            destination, reply.Header.unique, Errno.None, bodyBytes);
        return WireError.None;
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
