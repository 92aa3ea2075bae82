using System.Diagnostics;
using HandleCache.Model.Handles;
using HandleCache.Model.Replay;
using HandleCache.Model.Slab;
using HandleCache.Model.Traffic;
using HandleCache.Protocol.Traces;

namespace HandleCache.Lab.Replay;

/// <summary>
/// One replay with one strategy: takes the bytes of a trace as they come, and the time it takes.
/// The clock runs in <see cref="Feed"/> and where the caller starts it to read a file.
/// </summary>
internal sealed class ReplayRun : ITraceSink, IDisposable
{
    private readonly string _name;
    private readonly HandleStrategy _strategy;
    private readonly TraceReplayer _replayer;
    private readonly TraceWalk _walk = new();
    private readonly Stopwatch _clock = new();
    private readonly Stopwatch _walking = new();
    private readonly CancellationToken _cancel;
    private readonly long _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
    private readonly Stopwatch _all = Stopwatch.StartNew();
    private bool _isOver;

    public ReplayRun(
        string name, HandleStrategy strategy, bool indexByHandle, MixedHandles? handles,
        CancellationToken cancel)
    {
        _name = name;
        _strategy = strategy;
        _cancel = cancel;
        _replayer = new TraceReplayer(new ReplayOptions
        {
            Strategy = strategy,
            IndexByHandle = indexByHandle,
            Handles = handles,
            OnWalk = OnWalk,
        });
    }

    /// <summary>Bytes of the trace used until now.</summary>
    public long Offset => _walk.Offset;

    /// <summary>Bytes that <see cref="Feed"/> wants at once, if it used none.</summary>
    public int NeededBytes => _walk.NeededBytes;

    /// <summary>Whether the whole trace was seen.</summary>
    public bool IsOver => _isOver;

    /// <summary>All that is done until <see cref="StopClock"/> counts as replay.</summary>
    public void StartClock() => _clock.Start();

    public void StopClock() => _clock.Stop();

    /// <summary>Whole blocks, as a writer makes them.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        StartClock();
        int used = Feed(bytes, isAll: false);
        StopClock();
        if (used != bytes.Length)
            throw new InvalidOperationException("a writer gave less than a block");
    }

    /// <summary>Replays as much as the bytes hold; returns how many were used.</summary>
    /// <exception cref="BadInputException">The trace is refused; the offset is named.</exception>
    public int Feed(ReadOnlySpan<byte> bytes, bool isAll)
    {
        long start = _walk.Offset;
        while (true)
        {
            int used = (int)(_walk.Offset - start);
            TraceStep step = _walk.Next(bytes[used..], isAll, out TraceBlock block);
            switch (step)
            {
                case TraceStep.Header:
                    continue;
                case TraceStep.Block:
                    _cancel.ThrowIfCancellationRequested();
                    Refuse(_replayer.Apply(block));
                    continue;
                case TraceStep.Refused:
                    Refuse(_walk.Error);
                    continue;
                case TraceStep.End:
                    Refuse(_replayer.Complete(_walk.Offset));
                    _isOver = true;
                    return (int)(_walk.Offset - start);
                default:
                    return (int)(_walk.Offset - start);
            }
        }
    }

    /// <summary>The row; the run is over.</summary>
    public ReplayRow Row(KernelProfile kernel, HandleHeader header, bool isImport)
    {
        _all.Stop();
        TrafficTally tally = _replayer.Tally;
        double walk = _walking.Elapsed.TotalSeconds;
        return new ReplayRow
        {
            Strategy = _strategy,
            Tally = tally,
            Checks = _replayer.Checks,
            Counting = _replayer.Counting,
            BytesPerInode = BytesPerInode(kernel, header, tally),
            ProcessBytesPerInode = (double)tally.MemoryBytes / Math.Max(1, tally.InodesPeak),
            Seconds = _clock.Elapsed.TotalSeconds - walk,
            WalkSeconds = walk,
            ImportSeconds = isImport
                ? _all.Elapsed.TotalSeconds - _clock.Elapsed.TotalSeconds
                : 0,
            AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore,
        };
    }

    public void Dispose() => _replayer.Dispose();

    private void OnWalk(bool begins)
    {
        if (begins)
            _walking.Start();
        else
            _walking.Stop();
    }

    private void Refuse(TraceError error)
    {
        if (error.IsError)
            throw new BadInputException($"{_name}: {error}");
    }

    private double BytesPerInode(KernelProfile kernel, HandleHeader header, TrafficTally tally)
    {
        InodeCostModel cost = new(kernel, _strategy == HandleStrategy.None
            ? default
            : new HandleDesign(_strategy, header));
        return cost.MeanOf(tally.CreatedByLength);
    }
}
