using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;

namespace HandleCache.Model.Kernel;

/// <summary>
/// Sees what the kernel takes entries for: for those who know better than the kernel which object
/// an entry was about.
/// </summary>
public interface IEntryObserver
{
    /// <summary>An entry was taken.</summary>
    /// <param name="inode">Where; the index may have been another inode's before.</param>
    /// <param name="isKnown">For an inode that was cached; else it is new.</param>
    /// <param name="entry">The entry, with its attributes.</param>
    void Taken(InodeIndex inode, bool isKnown, in fuse_entry_out entry);

    /// <summary>
    /// A reply's lookup of a nodeid that counts nothing, because the dialect has one lookup for an
    /// inode's life and the inode has it.
    /// </summary>
    void Uncounted(ulong nodeId);
}
