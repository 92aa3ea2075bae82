namespace HandleCache.Model.Handles;

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
