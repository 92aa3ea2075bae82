namespace HandleCache.Model.Slab;

/// <summary>A range of inline lengths that all cost the same.</summary>
/// <param name="FromInlineBytes">First length of the range.</param>
/// <param name="ToInlineBytes">Last length of the range.</param>
/// <param name="SizeofBytes">sizeof struct fuse_inode at the first length.</param>
/// <param name="Inode">Slab geometry and cost of the inode.</param>
/// <param name="DeltaBytes">Per inode, against today.</param>
/// <param name="Reason">What changed from the range before.</param>
public readonly record struct InodeStep(
    int FromInlineBytes, int ToInlineBytes, int SizeofBytes, ObjectCost Inode, double DeltaBytes,
    string Reason)
{
    /// <summary>Longest inline length a step table covers, in bytes.</summary>
    public const int MaxInlineBytes = 160;
}
