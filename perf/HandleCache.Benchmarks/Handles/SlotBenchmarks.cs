using BenchmarkDotNet.Attributes;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Benchmarks.Handles;

/// <summary>
/// Handles in the slots of <c>inline:12</c> records, 8 bytes inline and 20 bytes spilled, against
/// an array each.
/// </summary>
public abstract class SlotBenchmarks
{
    private protected const int Slots = 1024;

    private InodeTable? _table;

    /// <summary>8 lie in the slot, 20 in a buffer of the spill pool.</summary>
    [Params(8, 20)]
    public int HandleBytes { get; set; }

    private protected byte[][] Arrays { get; } = new byte[Slots][];

    private protected byte[][] Sources { get; } = new byte[Slots][];

    private protected InodeIndex[] Indexes { get; } = new InodeIndex[Slots];

    private protected InodeTable Table =>
        _table ?? throw new InvalidOperationException("not set up");

    [GlobalSetup]
    public void Setup()
    {
        _table = new(new());
        for (int i = 0; i < Slots; i++)
        {
            Sources[i] = Population.NewHandle((ulong)i, HandleBytes);
            Arrays[i] = [.. Sources[i]];
            Indexes[i] = _table.Add(
                Population.FirstNodeId + (ulong)i, Population.Generation, Population.Regular,
                HandleOf(i));
        }
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _table?.Dispose();
        _table = null;
    }

    private protected FileHandle HandleOf(int i) => new(Population.HandleType, Sources[i]);
}
