using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Wire;

/// <summary>What may follow the fixed part and the names of a request.</summary>
public enum RequestTail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Data whose length a field of the fixed part gives.</summary>
    Counted,

    /// <summary>Any data.</summary>
    Free,
}

/// <summary>
/// The argument vector of an operation, as the kernel concatenates it after fuse_in_header:
/// a fixed struct, then NUL-terminated names, then a tail (ABI.md, wire layout).
/// </summary>
/// <param name="FixedBytes">Size of the fixed struct.</param>
/// <param name="Names">Number of NUL-terminated names.</param>
/// <param name="Tail">What may follow.</param>
public readonly record struct RequestShape(int FixedBytes, int Names, RequestTail Tail)
{
    /// <summary>
    /// The shape of a symlink's second name: a target may hold '/' and any other byte.
    /// </summary>
    private const int SymlinkNames = 2;

    private static readonly RequestShape?[] Table = BuildTable();

    /// <summary>The shape of an opcode, or null for one that is not known.</summary>
    public static RequestShape? Of(FuseOpcode opcode) =>
        (uint)opcode < (uint)Table.Length ? Table[(uint)opcode] : null;

    private static RequestShape?[] BuildTable()
    {
        RequestShape?[] table = new RequestShape?[(int)FuseOpcode.FUSE_COPY_FILE_RANGE_64 + 1];
        void Row(
            FuseOpcode opcode, int bytes, int names = 0, RequestTail tail = RequestTail.None) =>
            table[(int)opcode] = new RequestShape(bytes, names, tail);

        Row(FuseOpcode.FUSE_LOOKUP, 0, 1);
        Row(FuseOpcode.FUSE_FORGET, 8);
        Row(FuseOpcode.FUSE_GETATTR, 16);
        Row(FuseOpcode.FUSE_SETATTR, 88);
        Row(FuseOpcode.FUSE_READLINK, 0);
        Row(FuseOpcode.FUSE_SYMLINK, 0, SymlinkNames);
        Row(FuseOpcode.FUSE_MKNOD, 16, 1);
        Row(FuseOpcode.FUSE_MKDIR, 8, 1);
        Row(FuseOpcode.FUSE_UNLINK, 0, 1);
        Row(FuseOpcode.FUSE_RMDIR, 0, 1);
        Row(FuseOpcode.FUSE_RENAME, 8, 2);
        Row(FuseOpcode.FUSE_LINK, 8, 1);
        Row(FuseOpcode.FUSE_OPEN, 8);
        Row(FuseOpcode.FUSE_READ, 40);
        Row(FuseOpcode.FUSE_WRITE, 40, 0, RequestTail.Counted);
        Row(FuseOpcode.FUSE_STATFS, 0);
        Row(FuseOpcode.FUSE_RELEASE, 24);
        Row(FuseOpcode.FUSE_FSYNC, 16);
        Row(FuseOpcode.FUSE_SETXATTR, 16, 1, RequestTail.Counted);
        Row(FuseOpcode.FUSE_GETXATTR, 8, 1);
        Row(FuseOpcode.FUSE_LISTXATTR, 8);
        Row(FuseOpcode.FUSE_REMOVEXATTR, 0, 1);
        Row(FuseOpcode.FUSE_FLUSH, 24);
        Row(FuseOpcode.FUSE_INIT, 64, 0, RequestTail.Free);
        Row(FuseOpcode.FUSE_OPENDIR, 8);
        Row(FuseOpcode.FUSE_READDIR, 40);
        Row(FuseOpcode.FUSE_RELEASEDIR, 24);
        Row(FuseOpcode.FUSE_FSYNCDIR, 16);
        Row(FuseOpcode.FUSE_GETLK, 48);
        Row(FuseOpcode.FUSE_SETLK, 48);
        Row(FuseOpcode.FUSE_SETLKW, 48);
        Row(FuseOpcode.FUSE_ACCESS, 8);
        Row(FuseOpcode.FUSE_CREATE, 16, 1);
        Row(FuseOpcode.FUSE_INTERRUPT, 8);
        Row(FuseOpcode.FUSE_BMAP, 16);
        Row(FuseOpcode.FUSE_DESTROY, 0);
        Row(FuseOpcode.FUSE_IOCTL, 32, 0, RequestTail.Counted);
        Row(FuseOpcode.FUSE_POLL, 24);
        Row(FuseOpcode.FUSE_NOTIFY_REPLY, 40, 0, RequestTail.Free);
        Row(FuseOpcode.FUSE_BATCH_FORGET, 8, 0, RequestTail.Counted);
        Row(FuseOpcode.FUSE_FALLOCATE, 32);
        Row(FuseOpcode.FUSE_READDIRPLUS, 40);
        Row(FuseOpcode.FUSE_RENAME2, 16, 2);
        Row(FuseOpcode.FUSE_LSEEK, 24);
        Row(FuseOpcode.FUSE_COPY_FILE_RANGE, 56);
        Row(FuseOpcode.FUSE_SYNCFS, 8);
        Row(FuseOpcode.FUSE_TMPFILE, 16, 1);
        Row(FuseOpcode.FUSE_STATX, 24);
        Row(FuseOpcode.FUSE_COPY_FILE_RANGE_64, 56);
        return table;
    }
}
