using BenchmarkDotNet.Attributes;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Benchmarks.Strategies;

/// <summary>
/// The inode cache with handles of a mix, strategy by strategy, beside a dictionary that keeps each
/// handle in an array: for speed what <c>sweep</c> is for memory.
/// </summary>
public abstract class StrategyBenchmarks
{
    private protected const int Operations = 1000;
    private const int Inodes = 100_000;

    private readonly Dictionary<ulong, byte[]> _arrays = [];
    private FuseInodeCache? _cache;
    private (uint Type, byte[] Bytes)[] _handles = [];
    private ulong[] _walk = [];
    private int _next;

    [ParamsSource(nameof(Strategies))]
    public string Strategy { get; set; } = "";

    public static IEnumerable<string> Strategies => Choice.Strategies;

    private protected Dictionary<ulong, byte[]> Arrays => _arrays;

    private protected FuseInodeCache Cache =>
        _cache ?? throw new InvalidOperationException("not set up");

    [GlobalSetup]
    public void Setup()
    {
        HandleMix mix = Choice.Mix;
        _cache = new(new FuseInodeCacheOptions { Strategy = Choice.Parse(Strategy) });
        _handles =
        [
            .. mix.Spread(Inodes).Select((row, at) => (
                row.Type, Bytes: Filled((ulong)at, row.Bytes))),
        ];
        _walk = Population.Scattered(Inodes, Inodes);
        for (ulong i = 0; i < Inodes; i++)
        {
            Get(Population.FirstNodeId + i);
            _arrays[Population.FirstNodeId + i] = _handles[i].Bytes;
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _cache?.Dispose();
        _cache = null;
        _arrays.Clear();
    }

    /// <summary>The next inodes of a walk that the processor's cache does not know.</summary>
    private protected ReadOnlySpan<ulong> NextInodes()
    {
        if (_next + Operations > _walk.Length)
            _next = 0;
        _next += Operations;
        return _walk.AsSpan(_next - Operations, Operations);
    }

    private protected byte[] BytesOf(ulong nodeId) =>
        _handles[nodeId - Population.FirstNodeId].Bytes;

    private protected IGetResult Get(ulong nodeId)
    {
        (uint type, byte[] bytes) = _handles[nodeId - Population.FirstNodeId];
        return Cache.IGet(
            nodeId, Population.Generation, Population.Regular, new FileHandle(type, bytes));
    }

    private static byte[] Filled(ulong value, int bytes)
    {
        byte[] handle = new byte[bytes];
        for (int i = 0; i < bytes; i++)
            handle[i] = (byte)(value >> (8 * (i % sizeof(ulong))));
        return handle;
    }
}

/// <summary>An entry of a cached inode comes, and its handle is compared.</summary>
public class StrategyHit : StrategyBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public int DictionaryOfArrays()
    {
        int hits = 0;
        foreach (ulong nodeId in NextInodes())
            hits += Arrays[nodeId].AsSpan().SequenceEqual(BytesOf(nodeId)) ? 1 : 0;
        return hits;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public int HandleCache()
    {
        int hits = 0;
        foreach (ulong nodeId in NextInodes())
            hits += Get(nodeId).Outcome == IGetOutcome.Hit ? 1 : 0;
        return hits;
    }
}

/// <summary>An inode is forgotten, and comes again with its handle.</summary>
public class StrategyTurnover : StrategyBenchmarks
{
    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public int DictionaryOfArrays()
    {
        foreach (ulong nodeId in NextInodes())
        {
            Arrays.Remove(nodeId);
            Arrays.Add(nodeId, BytesOf(nodeId).AsSpan().ToArray());
        }

        return Arrays.Count;
    }

    [Benchmark(OperationsPerInvoke = Operations)]
    public int HandleCache()
    {
        int made = 0;
        foreach (ulong nodeId in NextInodes())
        {
            Cache.ForgetFromWire(nodeId, Cache.Held(nodeId));
            made += Get(nodeId).Outcome == IGetOutcome.New ? 1 : 0;
        }

        return made;
    }
}
