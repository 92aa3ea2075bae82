using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// The room a request has for its reply (fuse_args.out_args): a reply that does not fit is EINVAL
/// to the server and EIO to the caller (models fuse_copy_out_args(), fs/fuse/dev.c).
/// </summary>
/// <param name="Bytes">Bytes of the body.</param>
/// <param name="IsVariable">out_argvar: less is accepted, too.</param>
/// <param name="Entry">The body is an entry, as long as the dialect makes it.</param>
internal readonly record struct ReplyRoom(
    int Bytes, bool IsVariable = false, EntryReplyForm Entry = EntryReplyForm.None)
{
    /// <summary>Another length that is taken, too; 0 for none.</summary>
    public int LongBytes { get; init; }

    public static ReplyRoom Nothing => new(0);

    public static ReplyRoom OfEntry => new(0, false, EntryReplyForm.Entry);

    public static ReplyRoom OfEntryAndOpen(bool mayBeLong) =>
        OfOpen(mayBeLong) with { Entry = EntryReplyForm.EntryAndOpen };

    /// <summary>As long as a reply struct.</summary>
    public static ReplyRoom Of<T>()
        where T : unmanaged => new(System.Runtime.CompilerServices.Unsafe.SizeOf<T>());

    /// <summary>fuse_open_out, which may be the long one.</summary>
    public static ReplyRoom OfOpen(bool mayBeLong) =>
        Of<fuse_open_out>() with { LongBytes = mayBeLong ? Operation.LongOpenOutBytes : 0 };

    public static ReplyRoom UpTo(int bytes) => new(bytes, true);

    /// <summary>Whether what stands behind an entry is no longer than it may be.</summary>
    public bool TakesBehindEntry(ReadOnlySpan<byte> trailing) =>
        Entry != EntryReplyForm.EntryAndOpen || trailing.Length <= Math.Max(Bytes, LongBytes);

    /// <summary>Whether a body that is no entry fits.</summary>
    public bool Takes(ReadOnlySpan<byte> body) =>
        IsVariable
            ? body.Length <= Bytes
            : body.Length == Bytes || (LongBytes > 0 && body.Length == LongBytes);

    /// <summary>What READDIRPLUS asks for at least.</summary>
    public static int PageBytes => 4096;

    /// <summary>Longest symlink target a READLINK may return, bytes.</summary>
    public static int LinkBytes => PageBytes - 1;

    /// <summary>Bytes of a name's field with its NUL.</summary>
    public static int NameBytes(string name) =>
        Math.Min(name.Length, FuseConstants.FUSE_NAME_MAX) + 1;
}
