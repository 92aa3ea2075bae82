namespace HandleCache.Model.Slab;

/// <summary>Size, alignment and spelling of a handle's header.</summary>
public readonly record struct HandleHeader(HandleHeaderKind Kind)
{
    /// <summary>
    /// Header sizes in bytes (HANDLES.md, PROPOSALS.md).
    /// </summary>
    public int SizeBytes => Kind switch
    {
        HandleHeaderKind.Fanotify => 4,
        HandleHeaderKind.V2 => 8,
        HandleHeaderKind.U16 or HandleHeaderKind.U8 => 2,
        _ => throw new InvalidOperationException($"unknown header {Kind}"),
    };

    public int AlignBytes => Kind switch
    {
        HandleHeaderKind.U16 => 2,
        HandleHeaderKind.U8 => 1,
        HandleHeaderKind.Fanotify or HandleHeaderKind.V2 => 4,
        _ => throw new InvalidOperationException($"unknown header {Kind}"),
    };

    /// <summary>The one spelling on the command line.</summary>
    public string Name => Kind switch
    {
        HandleHeaderKind.Fanotify => "fanotify",
        HandleHeaderKind.U16 => "u16",
        HandleHeaderKind.V2 => "v2",
        HandleHeaderKind.U8 => "u8",
        _ => throw new InvalidOperationException($"unknown header {Kind}"),
    };

    /// <summary>All spellings, for a message about an unknown one.</summary>
    public const string KnownNames = "fanotify, u16, v2, u8";

    public static bool TryParse(string? text, out HandleHeader header)
    {
        foreach (HandleHeaderKind kind in (ReadOnlySpan<HandleHeaderKind>)
            [HandleHeaderKind.Fanotify, HandleHeaderKind.U16, HandleHeaderKind.V2,
                HandleHeaderKind.U8])
        {
            header = new HandleHeader(kind);
            if (string.Equals(header.Name, text, StringComparison.Ordinal))
                return true;
        }

        header = default;
        return false;
    }

    public override string ToString() => Name;
}

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
