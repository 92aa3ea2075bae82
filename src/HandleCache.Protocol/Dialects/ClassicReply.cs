using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// Takes the handles out of an entry-returning reply, so that a kernel without handles can read
/// it. Classic replies are never longer than those they come from.
/// </summary>
public static class ClassicReply
{
    /// <summary>
    /// Writes the classic form of a successful reply to <paramref name="destination"/> and gives
    /// its length in bytes.
    /// </summary>
    public static WireError Convert(
        Dialect dialect,
        EntryReplyForm form,
        scoped in FuseReply reply,
        Span<byte> destination,
        out int bytes)
    {
        bytes = 0;
        int bodyBytes = 0;
        Span<byte> body = destination[FuseReply.HeaderBytes..];
        if (form == EntryReplyForm.Records)
        {
            WireError fault = ConvertRecords(dialect, reply.Body, body, out bodyBytes);
            if (fault.IsError)
                return fault;
        }
        else
        {
            WireError fault = dialect.ReadEntry(
                reply.Body, EntryReply.TrailingBytes(form), out WireEntry entry);
            if (fault.IsError)
                return fault;
            MemoryMarshal.Write(body, entry.Entry);
            ReadOnlySpan<byte> rest = reply.Body[entry.Bytes..];
            rest.CopyTo(body[Dialect.ClassicEntryBytes..]);
            bodyBytes = Dialect.ClassicEntryBytes + rest.Length;
        }

        bytes = FuseReply.HeaderBytes + bodyBytes;
        fuse_out_header header = reply.Header;
        header.len = (uint)bytes;
        MemoryMarshal.Write(destination, header);
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
