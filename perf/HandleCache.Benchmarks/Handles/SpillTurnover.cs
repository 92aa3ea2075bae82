using System.Buffers;
using BenchmarkDotNet.Attributes;
using HandleCache.Model.Handles;

namespace HandleCache.Benchmarks.Handles;

/// <summary>
/// Takes and fills external buffers, as many as are then in use, and gives them back.
/// </summary>
public class SpillTurnover
{
    private const int Buffers = 1024;

    private readonly SpillPool _pool = SpillPool.Kmalloc();
    private readonly SpillReference[] _references = new SpillReference[Buffers];
    private readonly byte[][] _arrays = new byte[Buffers][];
    private byte[] _handle = [];

    /// <summary>btrfs; NFS over xfs; the longest.</summary>
    [Params(20, 48, 128)]
    public int HandleBytes { get; set; }

    [GlobalSetup]
    public void Setup() => _handle = Population.NewHandle(7, HandleBytes);

    [Benchmark(Baseline = true, OperationsPerInvoke = Buffers)]
    public void New()
    {
        for (int i = 0; i < Buffers; i++)
            _arrays[i] = _handle.AsSpan().ToArray();
        Array.Clear(_arrays);
    }

    [Benchmark(OperationsPerInvoke = Buffers)]
    public void SharedArrayPool()
    {
        for (int i = 0; i < Buffers; i++)
        {
            _arrays[i] = ArrayPool<byte>.Shared.Rent(HandleBytes);
            _handle.CopyTo(_arrays[i], 0);
        }

        foreach (byte[] array in _arrays)
            ArrayPool<byte>.Shared.Return(array);
    }

    [Benchmark(OperationsPerInvoke = Buffers)]
    public void HandleCache()
    {
        for (int i = 0; i < Buffers; i++)
            _references[i] = _pool.Store(_handle);
        foreach (SpillReference reference in _references)
            _pool.Release(reference);
    }
}
