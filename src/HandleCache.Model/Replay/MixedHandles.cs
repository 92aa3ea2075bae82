using System.Buffers.Binary;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Traces;

namespace HandleCache.Model.Replay;

/// <summary>
/// Handles of a mix for inodes that come without one: type and length are drawn by nodeid and
/// generation alone, so that an inode has the same handle whenever and wherever it comes, and two
/// of different nodeids have different ones (from 8 bytes on).
/// </summary>
public sealed class MixedHandles
{
    private const ulong SeedStep = 0x9E37_79B9_7F4A_7C15;

    private readonly HandleShare[] _handles;
    private readonly double[] _upTo;

    public MixedHandles(HandleMix mix)
    {
        ArgumentNullException.ThrowIfNull(mix);
        Mix = mix;
        _handles = [.. mix.Lengths];
        _upTo = new double[_handles.Length];
        double sum = 0;
        for (int i = 0; i < _handles.Length; i++)
            _upTo[i] = sum += _handles[i].Share;
    }

    public HandleMix Mix { get; }

    /// <summary>Type and length for an inode.</summary>
    public HandleShare Of(ulong nodeId, ulong generation = 0)
    {
        double at = (NodeIdKeys.Hash(Key(nodeId, generation) ^ SeedStep) >> 11)
            * (1.0 / (1UL << 53));
        int row = 0;
        while (row < _upTo.Length - 1 && at >= _upTo[row])
            row++;
        return _handles[row];
    }

    /// <summary>
    /// The handle that came with an inode, or where it came without one, that of the mix; the
    /// root has none.
    /// </summary>
    /// <param name="came">What its entry brought.</param>
    /// <param name="nodeId">The inode's.</param>
    /// <param name="generation">The inode's.</param>
    /// <param name="room">
    /// <see cref="TraceFormat.MaxHandleBytes"/> bytes, where the handle's may lie.
    /// </param>
    public FileHandle Complete(
        FileHandle came, ulong nodeId, ulong generation, Span<byte> room)
    {
        if (!came.Bytes.IsEmpty || nodeId == FuseInodeCache.RootNodeId)
            return came;
        HandleShare share = Of(nodeId, generation);
        return new FileHandle(share.Type, Bytes(Key(nodeId, generation), share.Bytes, room));
    }

    /// <summary>The word and, behind it, bytes that it determines.</summary>
    internal static Span<byte> Bytes(ulong word, int length, Span<byte> room)
    {
        for (int at = 0; at < length; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(room[at..], word);
            word = NodeIdKeys.Hash(word + 1);
        }

        return room[..length];
    }

    private static ulong Key(ulong nodeId, ulong generation) => nodeId ^ (generation * SeedStep);
}
