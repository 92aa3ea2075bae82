using BenchmarkDotNet.Attributes;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>
/// The inode that holds a handle; a dictionary needs the handle as an array for it.
/// </summary>
public class LookupByHandle
{
    private const int Operations = 1000;
    private const int WalkLength = 1_000_000;

    private ulong[] _walk = [];
    private int _next;
    private FuseInodeCache? _cache;
    private Dictionary<byte[], PlainInode>? _dictionary;

    [ParamsSource(nameof(Sizes))]
    public int Inodes { get; set; }

    public static IEnumerable<int> Sizes => Runs.Sizes;

    [GlobalSetup(Target = nameof(Dictionary))]
    public void SetupDictionary()
    {
        Walk();
        _dictionary = new(new BytesComparer());
        for (ulong i = 0; i < (ulong)Inodes; i++)
        {
            ulong nodeId = Population.FirstNodeId + i;
            _dictionary.Add(
                Population.NewHandle(nodeId, Population.HandleBytes), new PlainInode(nodeId));
        }
    }

    [GlobalSetup(Target = nameof(HandleCache))]
    public void SetupCache()
    {
        Walk();
        _cache = new(new() { IndexByHandle = true });
        Span<byte> handle = stackalloc byte[Population.HandleBytes];
        for (ulong i = 0; i < (ulong)Inodes; i++)
        {
            ulong nodeId = Population.FirstNodeId + i;
            Population.Handle(nodeId, handle);
            _cache.IGet(
                nodeId, Population.Generation, Population.Regular,
                new FileHandle(Population.HandleType, handle));
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _cache?.Dispose();
        _cache = null;
        _dictionary = null;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public ulong Dictionary()
    {
        ulong sum = 0;
        foreach (ulong nodeId in NextInodes())
        {
            byte[] handle = Population.NewHandle(nodeId, Population.HandleBytes);
            sum += _dictionary![handle].NodeId;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public ulong HandleCache()
    {
        ulong sum = 0;
        Span<byte> handle = stackalloc byte[Population.HandleBytes];
        foreach (ulong nodeId in NextInodes())
        {
            Population.Handle(nodeId, handle);
            sum += _cache!.FindByHandle(new FileHandle(Population.HandleType, handle)).Value;
        }

        return sum;
    }

    private ReadOnlySpan<ulong> NextInodes()
    {
        if (_next + Operations > _walk.Length)
            _next = 0;
        ReadOnlySpan<ulong> some = _walk.AsSpan(_next, Operations);
        _next += Operations;
        return some;
    }

    private void Walk()
    {
        _walk = Population.Scattered(Inodes, Math.Min(Inodes, WalkLength));
        _next = 0;
    }

    private sealed class BytesComparer : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
