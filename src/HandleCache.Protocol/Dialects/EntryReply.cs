using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>Where in its reply an operation returns entries.</summary>
public enum EntryReplyForm
{
    /// <summary>It returns none.</summary>
    None,

    /// <summary>The body is one entry.</summary>
    Entry,

    /// <summary>An entry and fuse_open_out.</summary>
    EntryAndOpen,

    /// <summary>READDIRPLUS records.</summary>
    Records,
}

/// <summary>
/// Which operations return entries, and so count lookups and bring handles: LOOKUP, MKNOD,
/// MKDIR, SYMLINK, LINK, CREATE, TMPFILE, READDIRPLUS (T7 of the thread).
/// </summary>
public static class EntryReply
{
    /// <summary>Bytes of fuse_open_out behind the entry of CREATE and TMPFILE.</summary>
    public const int OpenOutBytes = 16;

    public static EntryReplyForm FormOf(FuseOpcode opcode) => opcode switch
    {
        FuseOpcode.FUSE_LOOKUP or FuseOpcode.FUSE_MKNOD or FuseOpcode.FUSE_MKDIR
            or FuseOpcode.FUSE_SYMLINK or FuseOpcode.FUSE_LINK => EntryReplyForm.Entry,
        FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE => EntryReplyForm.EntryAndOpen,
        FuseOpcode.FUSE_READDIRPLUS => EntryReplyForm.Records,
        _ => EntryReplyForm.None,
    };

    /// <summary>Bytes behind the entry in a reply of that form; -1 where records follow.</summary>
    public static int TrailingBytes(EntryReplyForm form) => form switch
    {
        EntryReplyForm.EntryAndOpen => OpenOutBytes,
        EntryReplyForm.Records => -1,
        _ => 0,
    };
}
