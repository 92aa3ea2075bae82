namespace HandleCache.Benchmarks.Inodes;

/// <summary>The plain way: a dictionary of objects.</summary>
internal sealed class ClassStore : IInodeStore
{
    private readonly Dictionary<ulong, PlainInode> _inodes = [];

    public void AddAll(ReadOnlySpan<ulong> nodeIds)
    {
        foreach (ulong nodeId in nodeIds)
        {
            if (!_inodes.ContainsKey(nodeId))
                _inodes.Add(nodeId, new(nodeId));
        }
    }

    public int HitAll(ReadOnlySpan<ulong> nodeIds)
    {
        int hits = 0;
        Span<byte> handle = stackalloc byte[Population.HandleBytes];
        foreach (ulong nodeId in nodeIds)
        {
            Population.Handle(nodeId, handle);
            if (!_inodes.TryGetValue(nodeId, out PlainInode? inode)
                || !inode.IsSame(
                    Population.Generation, Population.Regular, Population.HandleType, handle))
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
            if (_inodes.TryGetValue(nodeId, out PlainInode? inode) && inode.NLookup == 1)
                forgotten += _inodes.Remove(nodeId) ? 1 : 0;
        }

        return forgotten;
    }

    public void Dispose() => _inodes.Clear();
}
