using System.Text;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Traces;

namespace HandleCache.Server.Tap;

/// <summary>
/// A trace that a mirror writes to while it counts. One trace may hold several mounts, one after
/// the other, each with a mirror of its own.
/// </summary>
public sealed class MirrorRecording(TraceWriter trace, string mountName)
{
    private readonly byte[] _name = Encoding.UTF8.GetBytes(mountName);

    public TraceWriter Trace { get; } = trace;

    internal ReadOnlySpan<byte> MountName =>
        _name.AsSpan(0, Math.Min(_name.Length, TraceFormat.MaxHandleBytes));

    /// <summary>What the mirror holds at the end, which the replay must reach.</summary>
    internal static void EndMount(
        TraceWriter trace, FuseInodeCache cache, int inodesPeak)
    {
        CacheDigest digest = cache.Digest();
        trace.Figure(TraceFigure.Inodes, (ulong)digest.Inodes);
        trace.Figure(TraceFigure.InodesPeak, (ulong)inodesPeak);
        trace.Figure(TraceFigure.Lookups, digest.Lookups);
        trace.Figure(TraceFigure.StateDigest, digest.State);
        trace.Figure(TraceFigure.HandleDigest, digest.Handles);
        trace.End();
    }
}
