using HandleCache.Model.Kernel.Vfs;

namespace HandleCache.Model.Kernel;

/// <summary>For tests of the validator: what it walks, to be broken.</summary>
public sealed partial class ModelKernel
{
    internal DentryCache CacheForTest => _fuse.SuperBlock.Dcache;

    internal Dentry RootForTest => _fuse.SuperBlock.Root;

    internal OpenFile?[] FilesForTest => _calls.Files.All;

    /// <summary>Makes the number of calls under way lie.</summary>
    internal void CorruptRunning(int by = -1) => _wakes.CorruptRunning(by);
}
