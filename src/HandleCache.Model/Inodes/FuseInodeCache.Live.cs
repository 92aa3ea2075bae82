using System.Runtime.CompilerServices;

namespace HandleCache.Model.Inodes;

/// <summary>Whether the kernel still has an inode: what a request may name.</summary>
public sealed partial class FuseInodeCache
{
    /// <summary>Some inode of this nodeid has lookups that the server counts.</summary>
    public bool IsHeld(ulong nodeId)
    {
        InodeIndex found = _table.Find(nodeId, out InodeRecord at);
        return (!found.IsNone && HasLookups(at)) || Held(nodeId) > 0;
    }

    /// <summary>
    /// <see cref="IsHeld(ulong)"/> for a nodeid whose search was done ahead by
    /// <see cref="FindMany"/>, with no change of the cache in between other than igets.
    /// </summary>
    public bool IsHeld(InodeIndex found, ulong nodeId) =>
        (!found.IsNone && HasLookups(_table.At(found))) || IsHeld(nodeId);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasLookups(InodeRecord at) =>
        at.NLookupLow != 0 && !at.Has(InodeState.Root);
}
