namespace HandleCache.Bars.Model;

/// <summary>The plain way: a dictionary of objects, each with its handle in an array.</summary>
internal sealed class DictionaryContender(Work work) : IContender
{
    private readonly Dictionary<ulong, Inode> _inodes = [];

    public double Fill() => ThreadClock.Measure(work.Inodes, () =>
    {
        for (ulong i = 0; i < (ulong)work.Inodes; i++)
            Add(Work.FirstNodeId + i);
    });

    public double Hit(bool inFlight) => ThreadClock.Measure(work.Keys.Length, () =>
    {
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        foreach (ulong nodeId in work.Keys)
        {
            Work.Handle(nodeId, handle);
            if (!_inodes.TryGetValue(nodeId, out Inode? inode)
                || inode.Generation != Work.Generation || inode.Mode != Work.Regular
                || inode.Type != work.HandleType || !handle.SequenceEqual(inode.Handle))
            {
                throw new InvalidOperationException("an iget did not hit");
            }

            inode.NLookup++;
        }
    });

    public double Forget(bool inFlight)
    {
        ulong[] held = Array.ConvertAll(work.Sample, nodeId => _inodes[nodeId].NLookup);
        double spent = ThreadClock.Measure(work.Sample.Length, () =>
        {
            for (int i = 0; i < held.Length; i++)
            {
                ulong nodeId = work.Sample[i];
                if (!_inodes.TryGetValue(nodeId, out Inode? inode) || inode.NLookup != held[i])
                    throw new InvalidOperationException("a forget did not fit");
                _inodes.Remove(nodeId);
            }
        });
        foreach (ulong nodeId in work.Sample)
            Add(nodeId);
        return spent;
    }

    private void Add(ulong nodeId)
    {
        var inode = new Inode
        {
            NodeId = nodeId,
            Generation = Work.Generation,
            Mode = Work.Regular,
            Type = work.HandleType,
            NLookup = 1,
            Handle = new byte[work.HandleBytes],
        };
        Work.Handle(nodeId, inode.Handle);
        _inodes.Add(nodeId, inode);
    }

    private sealed class Inode
    {
        public ulong NodeId { get; init; }

        public uint Generation { get; init; }

        public uint Mode { get; init; }

        public uint Type { get; init; }

        public ulong NLookup { get; set; }

        public required byte[] Handle { get; init; }
    }
}
