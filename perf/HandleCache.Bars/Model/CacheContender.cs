using System.Diagnostics;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;

namespace HandleCache.Bars.Model;

/// <summary>The model's inode cache, with its default strategy.</summary>
internal sealed class CacheContender(Work work) : IContender, IDisposable
{
    private const int InFlight = 128;

    private readonly FuseInodeCache _cache = new(new());
    private readonly InodeIndex[] _found = new InodeIndex[InFlight];
    private readonly WireForget[] _results = new WireForget[InFlight];

    public long MemoryBytes => _cache.MemoryBytes;

    public double Fill() => ThreadClock.Measure(work.Inodes, () =>
    {
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        for (ulong i = 0; i < (ulong)work.Inodes; i++)
            IGet(Work.FirstNodeId + i, handle, IGetOutcome.New);
    });

    /// <summary>
    /// Fills, and gives the longest time that one iget took, in milliseconds: elapsed, without the
    /// time that other programs had the core.
    /// </summary>
    public double FillWatchingPauses()
    {
        const ulong Block = 1024;
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        double longestMs = 0;
        for (ulong i = 0; i < (ulong)work.Inodes; i += Block)
        {
            double waitedNs = ThreadClock.WaitedNs();
            ulong end = Math.Min(i + Block, (ulong)work.Inodes);
            double blockMs = LongestOf(i, end, handle);
            if (blockMs > longestMs)
                blockMs -= (ThreadClock.WaitedNs() - waitedNs) / 1e6;
            longestMs = Math.Max(longestMs, blockMs);
        }

        return longestMs;
    }

    public double Hit(bool inFlight) => ThreadClock.Measure(work.Keys.Length, () =>
    {
        if (inFlight)
            HitInFlight(work.Keys);
        else
            HitOneByOne(work.Keys);
    });

    public void HitOneByOne(ReadOnlySpan<ulong> nodeIds)
    {
        Span<byte> bytes = stackalloc byte[work.HandleBytes];
        HitEach(nodeIds, bytes);
    }

    /// <summary>
    /// <see cref="HitOneByOne"/> with <see cref="Window.Instructions"/> more in each iget, which
    /// wait for nothing.
    /// </summary>
    public double HitWithMoreInstructions() => ThreadClock.Measure(
        work.Keys.Length, () => HitEachWithMore(work.Keys, new byte[work.HandleBytes]));

    public void HitInFlight(ReadOnlySpan<ulong> nodeIds)
    {
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        while (!nodeIds.IsEmpty)
        {
            ReadOnlySpan<ulong> some = nodeIds[..Math.Min(InFlight, nodeIds.Length)];
            _cache.FindMany(some, _found);
            for (int i = 0; i < some.Length; i++)
            {
                Work.Handle(some[i], handle);
                IGetResult result = _cache.IGet(
                    _found[i], some[i], Work.Generation, Work.Regular,
                    new FileHandle(work.HandleType, handle));
                if (result.Outcome != IGetOutcome.Hit)
                    throw NoHit();
            }

            nodeIds = nodeIds[some.Length..];
        }
    }

    public double Forget(bool inFlight)
    {
        ForgetEntry[] entries = Array.ConvertAll(
            work.Sample, nodeId => new ForgetEntry(nodeId, _cache.Held(nodeId)));
        double spent = ThreadClock.Measure(
            entries.Length, () => Forget(entries, inFlight ? InFlight : 1));
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        foreach (ForgetEntry entry in entries)
            IGet(entry.NodeId, handle, IGetOutcome.New);
        return spent;
    }

    /// <summary>
    /// A population that stays as large while inodes come and go; bytes allocated per operation.
    /// </summary>
    public double AllocatedPerOperation()
    {
        ReadOnlySpan<ulong> sample = work.Sample;
        Churn(sample[..(sample.Length / 2)], 1ul << 40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Churn(sample[(sample.Length / 2)..], 1ul << 40);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return (double)allocated / (3 * (sample.Length - (sample.Length / 2)));
    }

    public void Dispose() => _cache.Dispose();

    private double LongestOf(ulong first, ulong end, Span<byte> handle)
    {
        long longest = 0;
        long before = Stopwatch.GetTimestamp();
        for (ulong i = first; i < end; i++)
        {
            IGet(Work.FirstNodeId + i, handle, IGetOutcome.New);
            long now = Stopwatch.GetTimestamp();
            longest = Math.Max(longest, now - before);
            before = now;
        }

        return 1e3 * longest / Stopwatch.Frequency;
    }

    private void Forget(ReadOnlySpan<ForgetEntry> entries, int atOnce)
    {
        while (!entries.IsEmpty)
        {
            int count = Math.Min(atOnce, entries.Length);
            if (count == 1)
                _results[0] = _cache.ForgetFromWire(entries[0].NodeId, entries[0].NLookup);
            else
                _cache.ForgetFromWire(entries[..count], _results);
            for (int i = 0; i < count; i++)
            {
                if (_results[i].Outcome != WireForgetOutcome.Exact)
                    throw new InvalidOperationException("a forget did not fit");
            }

            entries = entries[count..];
        }
    }

    private void HitEach(ReadOnlySpan<ulong> nodeIds, Span<byte> bytes)
    {
        FuseInodeCache cache = _cache;
        var handle = new FileHandle(work.HandleType, bytes);
        foreach (ulong nodeId in nodeIds)
        {
            Work.Handle(nodeId, bytes);
            IGetResult result = cache.IGet(nodeId, Work.Generation, Work.Regular, handle);
            if (result.Outcome != IGetOutcome.Hit)
                throw NoHit();
        }
    }

    private void HitEachWithMore(ReadOnlySpan<ulong> nodeIds, Span<byte> bytes)
    {
        FuseInodeCache cache = _cache;
        var handle = new FileHandle(work.HandleType, bytes);
        foreach (ulong nodeId in nodeIds)
        {
            if (Window.More(nodeId) == 0)
                throw NoHit();
            Work.Handle(nodeId, bytes);
            IGetResult result = cache.IGet(nodeId, Work.Generation, Work.Regular, handle);
            if (result.Outcome != IGetOutcome.Hit)
                throw NoHit();
        }
    }

    private static InvalidOperationException NoHit() => new("an iget did not hit");

    /// <summary>For each: the inode is forgotten, another comes, and is hit once.</summary>
    private void Churn(ReadOnlySpan<ulong> nodeIds, ulong offset)
    {
        Span<byte> handle = stackalloc byte[work.HandleBytes];
        foreach (ulong nodeId in nodeIds)
        {
            _cache.ForgetFromWire(nodeId, _cache.Held(nodeId));
            IGet(nodeId + offset, handle, IGetOutcome.New);
            IGet(nodeId + offset, handle, IGetOutcome.Hit);
        }
    }

    private void IGet(ulong nodeId, Span<byte> handle, IGetOutcome expected)
    {
        Work.Handle(nodeId, handle);
        IGetResult result = _cache.IGet(
            nodeId, Work.Generation, Work.Regular, new FileHandle(work.HandleType, handle));
        if (result.Outcome != expected)
            throw new InvalidOperationException($"an iget was {result.Outcome}");
    }
}
