using System.Buffers.Binary;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Benchmarks;

/// <summary>Which inodes the benchmarks are about: the same for a class and its peers.</summary>
internal static class Population
{
    public const uint Regular = FileModes.Regular;
    public const uint Generation = 1;
    public const ulong FirstNodeId = 2;
    public const uint HandleType = 1;

    /// <summary>ext4: HANDLES.md.</summary>
    public const int HandleBytes = 8;

    private const ulong HandleStep = 0x9E37_79B9_7F4A_7C15;
    private const ulong ScatterStep = 7_368_787;

    public static ulong HandleWord(ulong nodeId) => nodeId * HandleStep;

    /// <summary>Writes a handle of 8 bytes or more.</summary>
    public static void Handle(ulong nodeId, Span<byte> handle)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(handle, HandleWord(nodeId));
        if (handle.Length > sizeof(ulong))
            handle[sizeof(ulong)..].Fill((byte)nodeId);
    }

    public static byte[] NewHandle(ulong nodeId, int bytes)
    {
        var handle = new byte[bytes];
        Handle(nodeId, handle);
        return handle;
    }

    /// <summary>Nodeids of a population, scattered, each at most once per population.</summary>
    public static ulong[] Scattered(int inodes, int count)
    {
        var nodeIds = new ulong[count];
        for (int i = 0; i < count; i++)
            nodeIds[i] = FirstNodeId + ((ulong)i * ScatterStep % (ulong)inodes);
        return nodeIds;
    }
}
