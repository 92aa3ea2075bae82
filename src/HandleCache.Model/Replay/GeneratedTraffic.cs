using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>
/// Made-up accesses for measuring: objects drawn evenly from five quarters of what the cache
/// holds, so that four of five accesses hit and every one is where the processor's caches do not
/// expect it. Of the hits, half are LOOKUPs and half GETATTRs. Handles are those of a mix.
/// </summary>
public sealed class GeneratedTraffic
{
    private const ulong ObjectsPerBound = 5;
    private const ulong BoundParts = 4;
    private const ulong SeedStep = 0x9E37_79B9_7F4A_7C15;

    private readonly LruTraffic _traffic;
    private readonly MixedHandles _handles;
    private readonly ulong _objects;
    private ulong _state;

    public GeneratedTraffic(LruTraffic traffic, HandleMix mix, int bound, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(mix);
        _traffic = traffic;
        _handles = new MixedHandles(mix);
        _objects = Math.Max(1, (ulong)bound * ObjectsPerBound / BoundParts);
        _state = seed;
    }

    /// <summary>
    /// Accesses until the trace has so many records; a shrink's forgets may be over it.
    /// </summary>
    public void Play(TraceWriter trace, long records)
    {
        ArgumentNullException.ThrowIfNull(trace);
        while (trace.Records < records)
        {
            _state += SeedStep;
            ulong drawn = NodeIdKeys.Hash(_state);
            ulong number = (ulong)(uint)drawn * _objects / (1UL << 32);
            ulong nodeId = FuseInodeCache.RootNodeId + 1 + number;
            bool asks = drawn >> 63 != 0;
            if (asks && _traffic.TryGetAttributes(nodeId))
                continue;
            HandleShare handle = _handles.Of(nodeId);
            _traffic.Access(nodeId, handle.Type, handle.Bytes);
        }
    }
}
