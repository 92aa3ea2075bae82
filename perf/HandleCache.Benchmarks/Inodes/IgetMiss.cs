using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>iget of an inode that is not cached, which adds it.</summary>
[InvocationCount(1, 1)]
public class IgetMiss : InodeBenchmarks
{
    private const ulong Strangers = 1ul << 40;

    private readonly ulong[] _added = new ulong[Operations];
    private ulong _life = Strangers;

    [IterationSetup]
    public void Choose()
    {
        ReadOnlySpan<ulong> some = NextInodes();
        for (int i = 0; i < _added.Length; i++)
            _added[i] = _life + some[i];
        _life += Strangers;
    }

    [IterationCleanup]
    public void TakeAway() => Store.ForgetAll(_added);

    private protected override int Run()
    {
        Store.AddAll(_added);
        return _added.Length;
    }
}
