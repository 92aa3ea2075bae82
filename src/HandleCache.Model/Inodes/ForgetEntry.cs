namespace HandleCache.Model.Inodes;

/// <summary>What one FORGET says, or one entry of BATCH_FORGET (fuse_forget_one).</summary>
public readonly record struct ForgetEntry(ulong NodeId, ulong NLookup);
