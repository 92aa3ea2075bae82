using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>A dictionary of structs, changed in place.</summary>
internal sealed class StructStore : IInodeStore
{
    private readonly Dictionary<ulong, ValueInode> _inodes = [];

    public void AddAll(ReadOnlySpan<ulong> nodeIds)
    {
        foreach (ulong nodeId in nodeIds)
        {
            ref ValueInode inode =
                ref CollectionsMarshal.GetValueRefOrAddDefault(_inodes, nodeId, out bool there);
            if (!there)
                inode = new(nodeId);
        }
    }

    public int HitAll(ReadOnlySpan<ulong> nodeIds)
    {
        int hits = 0;
        foreach (ulong nodeId in nodeIds)
        {
            ref ValueInode inode = ref CollectionsMarshal.GetValueRefOrNullRef(_inodes, nodeId);
            if (Unsafe.IsNullRef(ref inode)
                || !inode.IsSame(
                    Population.Generation, Population.Regular, Population.HandleType,
                    Population.HandleWord(nodeId)))
            {
                continue;
            }

            inode.NLookup++;
            hits++;
        }

        return hits;
    }

    public int ForgetAll(ReadOnlySpan<ulong> nodeIds)
    {
        int forgotten = 0;
        foreach (ulong nodeId in nodeIds)
        {
            ref ValueInode inode = ref CollectionsMarshal.GetValueRefOrNullRef(_inodes, nodeId);
            if (!Unsafe.IsNullRef(ref inode) && inode.NLookup == 1)
                forgotten += _inodes.Remove(nodeId) ? 1 : 0;
        }

        return forgotten;
    }

    public void Dispose() => _inodes.Clear();
}
