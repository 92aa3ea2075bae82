using System.Text;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>Where mounts begin and end, and what is compared there.</summary>
public sealed partial class TraceReplayer
{
    private readonly ulong?[] _figures = new ulong?[(int)TraceFigure.HandleDigest + 1];
    private string _mountName = "";

    private TraceError MountOrEnd(in TraceRecord record, ReadOnlySpan<byte> payload)
    {
        long offset = _origin + record.At;
        if (record.Kind == TraceRecordKind.Mount)
            return Mount(record, payload, offset);
        if (_cache is null)
        {
            return new TraceError(
                TraceFault.Malformed, offset, $"a record of kind {record.Kind} outside a mount");
        }

        if (record.Kind == TraceRecordKind.End)
        {
            EndMount(_cache, offset);
            return TraceError.None;
        }

        int figure = (int)record.Figure;
        if (figure == 0 || figure >= _figures.Length)
        {
            return new TraceError(
                TraceFault.Malformed, offset, $"figure {figure} is not one of version 1");
        }

        _figures[figure] = record.Value;
        return TraceError.None;
    }

    private TraceError Mount(in TraceRecord record, ReadOnlySpan<byte> payload, long offset)
    {
        if (_cache is not null)
        {
            return new TraceError(
                TraceFault.Malformed, offset, $"a mount begins within mount '{_mountName}'");
        }

        record.Handle(payload, out ReadOnlySpan<byte> name);
        _mountName = Encoding.UTF8.GetString(name);
        _cache = new FuseInodeCache(new FuseInodeCacheOptions
        {
            Strategy = _options.Strategy,
            IndexByHandle = _options.IndexByHandle,
        });
        _check.Mount(
            _cache, record.NodeId, (record.Nibble & TraceRecord.ReusesNodeIds) != 0);
        Array.Clear(_figures);
        _isMixed = false;
        return TraceError.None;
    }

    private void EndMount(FuseInodeCache cache, long offset)
    {
        SampleMemory(cache);
        _options.OnWalk?.Invoke(true);
        CacheDigest digest = cache.Digest();
        Tally.InodesAtEnd = digest.Inodes;
        Compare(TraceFigure.Inodes, (ulong)digest.Inodes, offset);
        Compare(TraceFigure.InodesPeak, (ulong)_check.InodesPeak, offset);
        Compare(TraceFigure.Lookups, digest.Lookups, offset);
        Compare(TraceFigure.StateDigest, digest.State, offset);
        bool isRecorded = !_isMixed;
        if (isRecorded && _options.Strategy.CapacityBytes >= Handles.HandleStrategy.MaxHandleBytes)
            Compare(TraceFigure.HandleDigest, digest.Handles, offset);

        _check.Validate(offset);
        _options.OnWalk?.Invoke(false);
        cache.Dispose();
        _cache = null;
    }

    private void SampleMemory(FuseInodeCache cache)
    {
        Tally.MemoryBytes = Math.Max(Tally.MemoryBytes, cache.MemoryBytes);
        Tally.SpilledPeak = Math.Max(Tally.SpilledPeak, cache.Spilled);
    }

    private void Compare(TraceFigure figure, ulong replayed, long offset)
    {
        if (_figures[(int)figure] is not { } recorded)
            return;
        _check.FinalState.Compared++;
        if (recorded != replayed)
        {
            _check.FinalState.Fail(
                offset,
                $"mount '{_mountName}' ends with {figure} {replayed}, recorded was {recorded}");
        }
    }
}
