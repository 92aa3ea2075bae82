namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// LOOKUP_ flags of a path walk (include/linux/namei.h), as far as FUSE looks at them.
/// </summary>
[Flags]
internal enum LookupFlags
{
    None = 0,

    /// <summary>Follow a symlink at the end.</summary>
    Follow = 1,

    /// <summary>The end must be a directory.</summary>
    Directory = 2,

    /// <summary>Ask the server for every component: the second try after ESTALE.</summary>
    Reval = 4,

    Create = 8,

    /// <summary>Creation that must not find anything.</summary>
    Excl = 16,

    /// <summary>The name that a rename is to take.</summary>
    RenameTarget = 32,

    Open = 64,
}
