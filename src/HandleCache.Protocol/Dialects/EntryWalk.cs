using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>Takes the entries of a reply, one after the other.</summary>
public interface IEntryVisitor
{
    void Visit(in WireEntry entry);
}

/// <summary>
/// The entries of a successful reply for which the kernel counts a lookup, or sends a FORGET of
/// its own: not the negative ones (nodeid 0), not "." and ".." of READDIRPLUS, not those whose
/// attributes fuse_invalid_attr() refuses before it gets to count (R4, R7, R8).
/// </summary>
public static class EntryWalk
{
    /// <param name="dialect">What was agreed on.</param>
    /// <param name="opcode">Today's opcode of the request.</param>
    /// <param name="reply">A reply without error.</param>
    /// <param name="visitor">Takes the entries.</param>
    public static void Visit<TVisitor>(
        Dialect dialect, FuseOpcode opcode, FuseReply reply, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        EntryReplyForm form = EntryReply.FormOf(opcode);
        if (form == EntryReplyForm.None)
            return;
        if (form == EntryReplyForm.Records)
        {
            DirentReader records = new(reply.Body, dialect);
            while (records.MoveNext())
            {
                bool isDot = records.Name.SequenceEqual("."u8)
                    || records.Name.SequenceEqual(".."u8);
                if (records.Entry.Entry.nodeid != 0 && !isDot)
                    visitor.Visit(records.Entry);
            }

            return;
        }

        WireError fault = dialect.ReadEntryReply(
            opcode, reply, out WireEntry entry, out int errno);
        if (fault.IsError || errno != 0 || entry.Entry.nodeid == 0)
            return;
        bool hasAttributes = dialect.RequestsPer(opcode) == 1;
        if (IsRefused(opcode, entry.Entry, hasAttributes))
            return;
        visitor.Visit(entry);
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
