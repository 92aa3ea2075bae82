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
        _ => 2,
    };

    public int AlignBytes => Kind switch
    {
        HandleHeaderKind.U16 => 2,
        HandleHeaderKind.U8 => 1,
        _ => 4,
    };

    /// <summary>The one spelling on the command line.</summary>
    public string Name => Kind switch
    {
        HandleHeaderKind.Fanotify => "fanotify",
        HandleHeaderKind.U16 => "u16",
        HandleHeaderKind.V2 => "v2",
        _ => "u8",
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
