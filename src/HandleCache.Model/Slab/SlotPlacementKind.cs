namespace HandleCache.Model.Slab;

/// <summary>Where in struct fuse_inode the handle slot goes.</summary>
public enum SlotPlacementKind
{
    /// <summary>Behind the last member, in the padding where there is some.</summary>
    End,

    /// <summary>Behind a named member.</summary>
    After,

    /// <summary>Wherever sizeof grows least.</summary>
    BestHole,
}
