using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>Takes the entries of a reply, one after the other.</summary>
public interface IEntryVisitor
{
    void Visit(in WireEntry entry);
}

/// <summary>The entries of a successful reply, as the kernel and as the server see them.</summary>
public static class EntryWalk
{
    /// <summary>
    /// The entries for which the kernel counts a lookup, or sends a FORGET of its own: not the
    /// negative ones (nodeid 0), not "." and ".." of READDIRPLUS, not those whose attributes
    /// fuse_invalid_attr() refuses before it gets to count (R4, R7, R8).
    /// </summary>
    /// <param name="dialect">What the reply is written in.</param>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="reply">The whole reply, without error.</param>
    /// <param name="visitor">Gets the entries.</param>
    public static void Visit<TVisitor>(
        Dialect dialect, FuseOpcode opcode, scoped in FuseReply reply, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        Operation operation = Operation.Of(opcode);
        if (operation.Entry == EntryReplyForm.Records)
            VisitRecords(dialect, reply.Body, skipsDots: true, ref visitor);
        if (!dialect.RepliesEntry(opcode))
            return;
        WireError fault = dialect.ReadEntryReply(
            opcode, reply, out WireEntry entry, out int errno);
        bool hasAttributes = errno == 0 && dialect.RequestsPer(opcode) == 1;
        if (!fault.IsError && entry.Entry.nodeid != 0
            && !IsRefused(opcode, entry.Entry, hasAttributes))
        {
            visitor.Visit(entry);
        }
    }

    /// <summary>
    /// The entries that a server wrote into a reply's body, each of which it has counted: all but
    /// the negative ones.
    /// </summary>
    /// <param name="form">The dialect in whose form the body's entries are.</param>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="body">The body.</param>
    /// <param name="visitor">Gets the entries.</param>
    public static void VisitWritten<TVisitor>(
        Dialect form, FuseOpcode opcode, ReadOnlySpan<byte> body, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        Operation operation = Operation.Of(opcode);
        if (operation.Entry == EntryReplyForm.Records)
            VisitRecords(form, body, skipsDots: false, ref visitor);
        if (!operation.ReturnsOneEntry)
            return;
        WireError fault = form.ReadEntry(body, operation.TrailingBytes, out WireEntry entry);
        if (!fault.IsError && entry.Entry.nodeid != 0)
            visitor.Visit(entry);
    }

    private static void VisitRecords<TVisitor>(
        Dialect dialect, ReadOnlySpan<byte> body, bool skipsDots, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        DirentReader records = new(body, dialect);
        while (records.MoveNext())
        {
            bool isDot = records.Name.SequenceEqual("."u8)
                || records.Name.SequenceEqual(".."u8);
            if (records.Entry.Entry.nodeid != 0 && !(isDot && skipsDots))
                visitor.Visit(records.Entry);
        }
    }

    /// <summary>Whether the kernel answers EIO without counting (and without a FORGET).</summary>
    private static bool IsRefused(
        FuseOpcode opcode, in fuse_entry_out entry, bool hasAttributes)
    {
        bool invalid = hasAttributes
            && (!FileModes.IsFileType(entry.attr.mode) || entry.attr.size > long.MaxValue);
        return invalid
            || (opcode != FuseOpcode.FUSE_LOOKUP && entry.nodeid == FuseConstants.FUSE_ROOT_ID);
    }
}
