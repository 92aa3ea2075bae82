using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>
/// The inode cache against dictionaries, at several populations. Each invocation works on the
/// next inodes of a scattered walk through the population, so that a large one is not in the
/// processor's cache.
/// </summary>
public abstract class InodeBenchmarks
{
    private protected const int Operations = 1000;
    private const int WalkLength = 1_000_000;

    private ulong[] _walk = [];
    private int _next;
    private IInodeStore? _store;

    [ParamsSource(nameof(Sizes))]
    public int Inodes { get; set; }

    public static IEnumerable<int> Sizes => Runs.Sizes;

    private protected IInodeStore Store =>
        _store ?? throw new InvalidOperationException("not set up");

    [GlobalSetup(Target = nameof(Dictionary))]
    public void SetupDictionary() => Setup(new ClassStore());

    [GlobalSetup(Target = nameof(ConcurrentDictionary))]
    public void SetupConcurrent() => Setup(new ConcurrentStore());

    [GlobalSetup(Target = nameof(DictionaryOfStructs))]
    public void SetupStructs() => Setup(new StructStore());

    [GlobalSetup(Target = nameof(HandleCacheOneByOne))]
    public void SetupOneByOne() => Setup(new CacheStore(inFlight: false));

    [GlobalSetup(Target = nameof(HandleCache))]
    public void SetupInFlight() => Setup(new CacheStore(inFlight: true));

    [GlobalCleanup]
    public void Cleanup()
    {
        _store?.Dispose();
        _store = null;
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Operations)]
    public int Dictionary() => Run();

    [Benchmark(OperationsPerInvoke = Operations)]
    public int ConcurrentDictionary() => Run();

    [Benchmark(OperationsPerInvoke = Operations)]
    public int DictionaryOfStructs() => Run();

    [Benchmark(OperationsPerInvoke = Operations)]
    public int HandleCacheOneByOne() => Run();

    [Benchmark(OperationsPerInvoke = Operations)]
    public int HandleCache() => Run();

    /// <summary>One invocation: so many operations.</summary>
    private protected abstract int Run();

    private protected ReadOnlySpan<ulong> NextInodes()
    {
        if (_next + Operations > _walk.Length)
            _next = 0;
        ReadOnlySpan<ulong> some = _walk.AsSpan(_next, Operations);
        _next += Operations;
        return some;
    }

    private void Setup(IInodeStore store)
    {
        _walk = Population.Scattered(Inodes, Math.Min(Inodes, WalkLength));
        _next = 0;
        _store = store;
        Warm(store);
        Span<ulong> one = stackalloc ulong[1];
        for (ulong i = 0; i < (ulong)Inodes; i++)
        {
            one[0] = Population.FirstNodeId + i;
            store.AddAll(one);
        }
    }

    /// <summary>
    /// Benchmarks of one invocation an iteration would otherwise measure code that is not yet
    /// optimised, which takes calls and some tenths of a second.
    /// </summary>
    private static void Warm(IInodeStore store)
    {
        const int Rounds = 60;
        const int PauseMs = 120;
        ulong[] strangers = new ulong[Operations];
        for (int i = 0; i < strangers.Length; i++)
            strangers[i] = (1ul << 60) + (ulong)i;
        for (int pause = 0; pause < 3; pause++)
        {
            for (int round = 0; round < Rounds; round++)
            {
                store.AddAll(strangers);
                store.ForgetAll(strangers);
            }

            Thread.Sleep(PauseMs);
        }
    }
}
