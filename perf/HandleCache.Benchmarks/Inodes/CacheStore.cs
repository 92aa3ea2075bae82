using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>The model's inode cache: one after another, or with many searches in flight.</summary>
internal sealed class CacheStore(bool inFlight) : IInodeStore
{
    private const int InFlight = 128;

    private readonly FuseInodeCache _cache = new(new());
    private readonly InodeIndex[] _found = new InodeIndex[InFlight];
    private readonly ForgetEntry[] _entries = new ForgetEntry[InFlight];
    private readonly WireForget[] _results = new WireForget[InFlight];

    public void AddAll(ReadOnlySpan<ulong> nodeIds)
    {
        Span<byte> handle = stackalloc byte[Population.HandleBytes];
        foreach (ulong nodeId in nodeIds)
            IGet(nodeId, handle);
    }

    public int HitAll(ReadOnlySpan<ulong> nodeIds)
    {
        int hits = 0;
        Span<byte> handle = stackalloc byte[Population.HandleBytes];
        if (!inFlight)
        {
            foreach (ulong nodeId in nodeIds)
                hits += IGet(nodeId, handle);
            return hits;
        }

        for (; !nodeIds.IsEmpty; nodeIds = nodeIds[Math.Min(InFlight, nodeIds.Length)..])
        {
            ReadOnlySpan<ulong> some = nodeIds[..Math.Min(InFlight, nodeIds.Length)];
            _cache.FindMany(some, _found);
            for (int i = 0; i < some.Length; i++)
            {
                Population.Handle(some[i], handle);
                IGetResult result = _cache.IGet(
                    _found[i], some[i], Population.Generation, Population.Regular,
                    new FileHandle(Population.HandleType, handle));
                hits += result.Outcome == IGetOutcome.Hit ? 1 : 0;
            }
        }

        return hits;
    }

    public int ForgetAll(ReadOnlySpan<ulong> nodeIds)
    {
        int forgotten = 0;
        if (!inFlight)
        {
            foreach (ulong nodeId in nodeIds)
                forgotten += Exact(_cache.ForgetFromWire(nodeId, 1));
            return forgotten;
        }

        for (; !nodeIds.IsEmpty; nodeIds = nodeIds[Math.Min(InFlight, nodeIds.Length)..])
        {
            int count = Math.Min(InFlight, nodeIds.Length);
            for (int i = 0; i < count; i++)
                _entries[i] = new(nodeIds[i], 1);
            _cache.ForgetFromWire(_entries.AsSpan(0, count), _results);
            for (int i = 0; i < count; i++)
                forgotten += Exact(_results[i]);
        }

        return forgotten;
    }

    public void Dispose() => _cache.Dispose();

    private static int Exact(WireForget result) =>
        result.Outcome == WireForgetOutcome.Exact ? 1 : 0;

    private int IGet(ulong nodeId, Span<byte> handle)
    {
        Population.Handle(nodeId, handle);
        IGetResult result = _cache.IGet(
            nodeId, Population.Generation, Population.Regular,
            new FileHandle(Population.HandleType, handle));
        return result.Outcome == IGetOutcome.Hit ? 1 : 0;
    }
}
