using BenchmarkDotNet.Attributes;

namespace HandleCache.Benchmarks.Inodes;

/// <summary>The kernel's FORGET of all that an inode holds, which takes it away.</summary>
[InvocationCount(1, 1)]
public class Forget : InodeBenchmarks
{
    private readonly ulong[] _forgotten = new ulong[Operations];

    [IterationSetup]
    public void Choose() => NextInodes().CopyTo(_forgotten);

    [IterationCleanup]
    public void AddAgain() => Store.AddAll(_forgotten);

    private protected override int Run() => Store.ForgetAll(_forgotten);
}
