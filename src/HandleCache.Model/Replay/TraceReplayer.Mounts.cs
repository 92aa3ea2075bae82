using System.Text;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Traces;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Replay;

/// <summary>Where mounts begin and end, and what is compared there.</summary>
public sealed partial class TraceReplayer
{

    private readonly ulong?[] _figures = new ulong?[(int)TraceFigure.HandleDigest + 1];
    private string _mountName = "";
    private bool _reusesNodeIds;
    private int _peakOfMount;

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
        _reusesNodeIds = (record.Nibble & TraceRecord.ReusesNodeIds) != 0;
        _cache = new FuseInodeCache(new FuseInodeCacheOptions
        {
            Strategy = _options.Strategy,
            IndexByHandle = _options.IndexByHandle,
        });
        _cache.MountRoot(FileModes.Directory, record.NodeId);
        Tally.Mounts++;
        _peakOfMount = _cache.Count;
        Tally.InodesPeak = Math.Max(Tally.InodesPeak, _cache.Count);
        Array.Clear(_figures);
        return TraceError.None;
    }

    private void EndMount(FuseInodeCache cache, long offset)
    {
        SampleMemory(cache);
        _options.OnWalk?.Invoke(true);
        CacheDigest digest = cache.Digest();
        Tally.InodesAtEnd = digest.Inodes;
        Compare(TraceFigure.Inodes, (ulong)digest.Inodes, offset);
        Compare(TraceFigure.InodesPeak, (ulong)_peakOfMount, offset);
        Compare(TraceFigure.Lookups, digest.Lookups, offset);
        Compare(TraceFigure.StateDigest, digest.State, offset);
        if (_options.Strategy.CapacityBytes >= Handles.HandleStrategy.MaxHandleBytes)
            Compare(TraceFigure.HandleDigest, digest.Handles, offset);

        _cacheValid.Compared++;
        foreach (ValidationError error in cache.Validate())
            _cacheValid.Fail(offset, error.ToString());
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
        _finalState.Compared++;
        if (recorded != replayed)
        {
            _finalState.Fail(
                offset,
                $"mount '{_mountName}' ends with {figure} {replayed}, recorded was {recorded}");
        }
    }
}
