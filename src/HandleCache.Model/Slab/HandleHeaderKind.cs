namespace HandleCache.Model.Slab;

/// <summary>What stands before a handle's bytes in memory.</summary>
public enum HandleHeaderKind
{
    /// <summary>struct fanotify_fh {u8 type, len, flags, pad}: 4 bytes, aligned 4.</summary>
    Fanotify,

    /// <summary>RFC v3 {u16 size}, the type folded into the bytes: 2 bytes, aligned 2.</summary>
    U16,

    /// <summary>RFC v1/v2 struct fuse_file_handle {u32 size, type}: 8 bytes, aligned 4.</summary>
    V2,

    /// <summary>{u8 type, len}: 2 bytes, aligned 1; fits in any tail.</summary>
    U8,
}
