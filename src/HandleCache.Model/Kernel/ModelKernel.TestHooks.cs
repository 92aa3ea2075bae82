namespace HandleCache.Model.Kernel;

/// <summary>For tests of the validator: what it walks, to be broken.</summary>
public sealed partial class ModelKernel
{
    internal DentryCache CacheForTest => _dcache;

    internal Dentry RootForTest => _root!;

    internal OpenFile?[] FilesForTest => _files;

    /// <summary>Makes the number of calls under way lie.</summary>
    internal void CorruptRunning(int by = -1) => _running += by;
}
