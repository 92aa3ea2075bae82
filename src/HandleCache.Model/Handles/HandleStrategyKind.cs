namespace HandleCache.Model.Handles;

/// <summary>The storage strategies (SLUB.md, section 3); the first is the default value.</summary>
public enum HandleStrategyKind
{
    /// <summary><c>none</c>: today, no handle in the inode.</summary>
    None,

    /// <summary>
    /// <c>inline:N</c>: N bytes in the slot, a longer handle in a kmalloc buffer.
    /// </summary>
    Inline,

    /// <summary>
    /// <c>inline:N+cache:M</c>: N bytes in the slot, a longer handle in an object of one dedicated
    /// cache of M bytes.
    /// </summary>
    InlineCache,

    /// <summary><c>inline-only:N</c>: N bytes in the slot, a longer handle is refused.</summary>
    InlineOnly,

    /// <summary>
    /// <c>static:N</c>: a fixed array of N bytes in every inode. The same placement as
    /// <see cref="InlineOnly"/>; it names the proposals' <c>handle[128]</c>.
    /// </summary>
    Static,

    /// <summary><c>pointer</c>: a kmalloc buffer of the exact length (RFC v3).</summary>
    Pointer,

    /// <summary>
    /// <c>pointer-max:N</c>: a kmalloc buffer for N bytes whatever the length (RFC v1/v2).
    /// </summary>
    PointerMax,
}

/// <summary>Where a strategy keeps the bytes of one handle.</summary>
public enum HandleStorage
{
    /// <summary>Nothing is kept: the inode has no slot (today's kernel).</summary>
    None,

    /// <summary>In the inode, in the slot's own buffer.</summary>
    Inline,

    /// <summary>In an external buffer that the inode refers to.</summary>
    External,

    /// <summary>Nowhere: the handle is longer than the strategy takes.</summary>
    Refused,
}
