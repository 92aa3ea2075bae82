namespace HandleCache.Protocol.Wire;

/// <summary>What may follow the fixed part and the names of a request.</summary>
public enum RequestTail
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Items whose number a field of the fixed part gives.</summary>
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
/// <param name="PathNames">
/// How many of them, from the first on, are components of a path and hold no '/'. A symlink's
/// target and an attribute's name are not; TMPFILE's is "/", the name of a file without one
/// (vfs_tmpfile(), fs/namei.c).
/// </param>
/// <param name="Tail">What may follow.</param>
/// <param name="Count">The field that counts the items of a counted tail.</param>
/// <param name="ItemBytes">Size of one such item.</param>
public readonly record struct RequestShape(
    int FixedBytes, int Names, int PathNames, RequestTail Tail, RequestField Count, int ItemBytes)
{
    /// <summary>Length of a counted tail as the fixed part gives it, bytes.</summary>
    public long CountedTailBytes(ReadOnlySpan<byte> body) => (long)Count.Read(body) * ItemBytes;
}
