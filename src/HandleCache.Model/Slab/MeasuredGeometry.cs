namespace HandleCache.Model.Slab;

/// <summary>What sysfs showed for fuse_inode on a machine with so many CPUs present.</summary>
public readonly record struct MeasuredGeometry(
    int PresentCpus, int SlotBytes, int FreeTailBytes, int Order, int ObjectsPerSlab);
