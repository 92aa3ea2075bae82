namespace HandleCache.Server.Synthetic;

/// <summary>How long the handles of a synthetic file system are.</summary>
public enum SyntheticHandleMix
{
    /// <summary>
    /// 0 to 128 bytes: the ten lengths that matter (0, 4, 8, 12, 13, 16, 20, 40, 127, 128) for
    /// the first ten ids and half of the others, any other length for the rest.
    /// </summary>
    Mixed,

    /// <summary>8 bytes of type 1 (FILEID_INO32_GEN), as ext4 gives them.</summary>
    Ext4,

    /// <summary><see cref="SyntheticOptions.FixedHandleBytes"/> for all.</summary>
    Fixed,
}

/// <summary>What a nodeid is good for after the kernel has forgotten it.</summary>
public enum SyntheticExport
{
    /// <summary>Nothing: ESTALE, until a name is looked up again.</summary>
    None,

    /// <summary>
    /// Any nodeid ever given resolves with LOOKUP "." and "..": FUSE_EXPORT_SUPPORT.
    /// </summary>
    Table,
}

/// <summary>The shape of a synthetic file system; everything in it follows from this.</summary>
public sealed record SyntheticOptions
{
    public ulong Seed { get; init; } = 1;

    /// <summary>Directories in the root.</summary>
    public int Directories { get; init; } = 100;

    public int FilesPerDirectory { get; init; } = 20;

    public SyntheticHandleMix HandleMix { get; init; } = SyntheticHandleMix.Mixed;

    /// <summary>Length with <see cref="SyntheticHandleMix.Fixed"/>, 0 to 128 bytes.</summary>
    public int FixedHandleBytes { get; init; } = 8;

    /// <summary>Type and length of each id's handle; null for those of the mix.</summary>
    public IReadOnlyList<(uint Type, int Bytes)>? Shapes { get; init; }

    /// <summary>No handle is longer: what the dialect carries, bytes.</summary>
    public int MostHandleBytes { get; init; } = SyntheticHandle.MaxBytes;

    /// <summary>
    /// Bits of a handle's type that are used, 16 or 32: what the dialect carries.
    /// </summary>
    public int HandleTypeBits { get; init; } = 32;

    /// <summary>Generation of every nodeid but the root's, which is 0.</summary>
    public ulong Generation { get; init; } = 1;

    /// <summary>Nodeid of object id 1 is this plus 1; the root (id 0) is always 1.</summary>
    public ulong NodeIdBase { get; init; } = 1;

    /// <summary>How long the kernel may believe a name.</summary>
    public TimeSpan EntryValid { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the kernel may believe attributes.</summary>
    public TimeSpan AttrValid { get; init; } = TimeSpan.FromHours(1);

    public SyntheticExport Export { get; init; } = SyntheticExport.None;

    /// <summary>Owner of every object.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Objects: the root, the directories, their files.</summary>
    public long ObjectCount => 1L + Directories + ((long)Directories * FilesPerDirectory);
}
