using System.Buffers.Binary;

namespace HandleCache.Protocol.Wire;

/// <summary>
/// Where a number stands in a request's body; the default value stands for no such field.
/// </summary>
/// <param name="Offset">From the start of the body, bytes.</param>
/// <param name="Bytes">4 or 8; 0 for no field.</param>
public readonly record struct RequestField(int Offset, int Bytes)
{
    public bool IsNone => Bytes == 0;

    /// <summary>The number; 0 where there is no field, or the body ends before it.</summary>
    public ulong Read(ReadOnlySpan<byte> body)
    {
        if (IsNone || body.Length < Offset + Bytes)
            return 0;
        ReadOnlySpan<byte> field = body.Slice(Offset, Bytes);
        return Bytes == sizeof(uint)
            ? BinaryPrimitives.ReadUInt32LittleEndian(field)
            : BinaryPrimitives.ReadUInt64LittleEndian(field);
    }

    /// <summary>Zeroes it in a body that is long enough to hold it.</summary>
    public void Clear(Span<byte> body)
    {
        if (body.Length >= Offset + Bytes)
            body.Slice(Offset, Bytes).Clear();
    }
}
