using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

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
/// What the protocol says of one opcode, whoever serves it: the only place where that is written
/// down. The rows are in <c>Operation.Table.cs</c>.
/// </summary>
public sealed partial record Operation
{
    /// <summary>Bytes of fuse_open_out behind the entry of CREATE and TMPFILE.</summary>
    public const int OpenOutBytes = 16;

    /// <summary>The same from 7.47 on: a backing id of 64 bits behind it.</summary>
    public const int LongOpenOutBytes = 24;

    private Operation() { }

    /// <summary>0, which no operation has, for <see cref="Unknown"/>.</summary>
    public FuseOpcode Opcode { get; private init; }

    public bool IsKnown => Opcode != 0;

    /// <summary>The request's arguments; nothing may be said of them when not known.</summary>
    public RequestShape Request { get; private init; }

    /// <summary>
    /// Where the reply returns entries, each of which counts a lookup and may bring a handle
    /// (T7 of the thread); a reply that was not delivered takes those lookups back.
    /// </summary>
    public EntryReplyForm Entry { get; private init; }

    /// <summary>
    /// The reply ends with fuse_open_out: a file that a failed delivery leaves open, since its
    /// RELEASE never comes.
    /// </summary>
    public bool ReturnsOpenFile { get; private init; }

    /// <summary>False for the forgets, INTERRUPT and NOTIFY_REPLY: nobody waits for one.</summary>
    public bool HasReply { get; private init; } = true;

    /// <summary>
    /// The nodeid is an inode's that the request is about: not of INIT and its like, and not of
    /// the forgets, which no server answers.
    /// </summary>
    public bool NamesAnInode { get; private init; } = true;

    /// <summary>FORGET and BATCH_FORGET, which a <see cref="ForgetReader"/> reads alike.</summary>
    public bool IsForget { get; private init; }

    /// <summary>The new parent of RENAME, the file of LINK, where COPY_FILE_RANGE writes.</summary>
    public RequestField SecondNodeId { get; private init; }

    /// <summary>The open file.</summary>
    public RequestField Fh { get; private init; }

    /// <summary>
    /// The bit of the body's first word that says whether <see cref="Fh"/> counts; 0 where it
    /// always does.
    /// </summary>
    public uint FhFlag { get; private init; }

    /// <summary>The open file in which COPY_FILE_RANGE writes.</summary>
    public RequestField SecondFh { get; private init; }

    /// <summary>
    /// What is the caller's alone: the lock owner, a scrambled pointer of its files_struct
    /// (fuse_lock_owner_id(), fs/fuse/file.c), or its umask.
    /// </summary>
    public RequestField Caller { get; private init; }

    /// <summary>Bytes behind the entry in the reply; -1 where records follow.</summary>
    public int TrailingBytes => Entry switch
    {
        EntryReplyForm.None or EntryReplyForm.Entry => 0,
        EntryReplyForm.EntryAndOpen => OpenOutBytes,
        EntryReplyForm.Records => -1,
        _ => throw new InvalidOperationException($"no entry form {Entry}"),
    };

    /// <summary>The reply returns one entry.</summary>
    public bool ReturnsOneEntry => Entry is EntryReplyForm.Entry or EntryReplyForm.EntryAndOpen;

    /// <summary>
    /// Whether what stands behind an entry is what was asked for. fuse_open_out may be that of
    /// 7.47: who only reads does not know what was agreed on, and whether the kernel takes it is
    /// the kernel's to say.
    /// </summary>
    /// <param name="trailingBytes">As <see cref="TrailingBytes"/> has it.</param>
    /// <param name="foundBytes">What is there.</param>
    public static bool TakesTrailing(int trailingBytes, int foundBytes) =>
        trailingBytes < 0 || foundBytes == trailingBytes
        || (trailingBytes == OpenOutBytes && foundBytes == LongOpenOutBytes);

    /// <summary>The row of an opcode; <see cref="Unknown"/> for one that has none.</summary>
    public static Operation Of(FuseOpcode opcode)
    {
        if ((uint)opcode < (uint)Table.Length)
            return Table[(uint)opcode];
        return opcode == FuseOpcode.CUSE_INIT ? CuseInit : Unknown;
    }

    /// <summary>Whether a request's body counts the field <see cref="Fh"/>.</summary>
    public bool HasFh(ReadOnlySpan<byte> body) =>
        !Fh.IsNone && (FhFlag == 0 || (FirstWord.Read(body) & FhFlag) != 0);

    private static RequestField FirstWord => new(0, sizeof(uint));
}
