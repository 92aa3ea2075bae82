using System.Text;

namespace HandleCache.Benchmarks.Wire;

/// <summary>A LOOKUP as one reads it first: fields of an object, the name a string.</summary>
internal sealed class PlainLookup
{
    public required ulong Unique { get; init; }

    public required ulong NodeId { get; init; }

    public required string Name { get; init; }

    /// <summary>Null where the length lies or no name ends the message.</summary>
    public static PlainLookup? Read(byte[] message)
    {
        using var reader = new BinaryReader(new MemoryStream(message));
        if (reader.ReadUInt32() != message.Length)
            return null;
        reader.ReadUInt32();
        ulong unique = reader.ReadUInt64();
        ulong nodeId = reader.ReadUInt64();
        reader.ReadBytes(16);
        byte[] name = reader.ReadBytes(message.Length);
        return name.Length == 0 || name[^1] != 0
            ? null
            : new() { Unique = unique, NodeId = nodeId, Name = Encoding.UTF8.GetString(name) };
    }
}
