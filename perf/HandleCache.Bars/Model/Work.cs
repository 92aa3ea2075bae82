using System.Buffers.Binary;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Bars.Model;

/// <summary>
/// The same work for every contender, the C peer included: which inodes, in which order, with
/// which handles.
/// </summary>
internal sealed class Work
{
    public const uint Regular = FileModes.Regular;
    public const uint Generation = 1;
    public const ulong FirstNodeId = 2;

    private const ulong HandleStep = 0x9E37_79B9_7F4A_7C15;
    private const ulong SampleStride = 7_368_787;

    public Work(long inodes, long operations, uint handleType, int handleBytes)
    {
        Inodes = inodes;
        HandleType = handleType;
        HandleBytes = handleBytes;
        Keys = new ulong[operations];
        ulong random = 12345;
        for (int i = 0; i < Keys.Length; i++)
            Keys[i] = FirstNodeId + (Next(ref random) % (ulong)inodes);
        Sample = new ulong[Math.Min(inodes / 2, operations)];
        for (int i = 0; i < Sample.Length; i++)
            Sample[i] = FirstNodeId + ((ulong)i * SampleStride % (ulong)inodes);
    }

    public long Inodes { get; }

    public uint HandleType { get; }

    public int HandleBytes { get; }

    /// <summary>Nodeids to look up, at random.</summary>
    public ulong[] Keys { get; }

    /// <summary>Nodeids to forget, each once, scattered.</summary>
    public ulong[] Sample { get; }

    /// <summary>xorshift64.</summary>
    public static ulong Next(ref ulong state)
    {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state;
    }

    /// <summary>Writes the inode's handle.</summary>
    public static void Handle(ulong nodeId, Span<byte> handle)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(handle, nodeId * HandleStep);
        if (handle.Length > sizeof(ulong))
            handle[sizeof(ulong)..].Fill((byte)nodeId);
    }
}
