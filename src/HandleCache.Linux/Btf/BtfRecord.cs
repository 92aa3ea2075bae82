using System.Buffers.Binary;

namespace HandleCache.Linux.Btf;

/// <summary>
/// struct btf_type without what follows it; <paramref name="Data"/> is the offset of that.
/// </summary>
internal readonly record struct BtfRecord(
    BtfKind Kind, uint NameOffset, int Count, bool Flag, uint SizeOrType, int Data)
{
    public const int HeadBytes = 12;

    private const uint ReservedInfoBits = 0x60ff0000;

    /// <summary>Reads the head at <paramref name="offset"/>, which has 12 bytes there.</summary>
    public static BtfRecord Read(ReadOnlySpan<byte> data, int offset)
    {
        uint info = Word(data, offset + 4);
        return new BtfRecord(
            (BtfKind)((info >> 24) & 0x1f),
            Word(data, offset),
            (int)(info & 0xffff),
            (info & 0x80000000) != 0,
            Word(data, offset + 8),
            offset + HeadBytes);
    }

    /// <summary>True where the bits of info that mean nothing are zero.</summary>
    public static bool InfoIsClean(ReadOnlySpan<byte> data, int offset) =>
        (Word(data, offset + 4) & ReservedInfoBits) == 0;

    /// <summary>Bytes that follow the head, or -1 for a kind nobody knows.</summary>
    public int DataBytes => Kind switch
    {
        BtfKind.Integer or BtfKind.Variable or BtfKind.DeclTag => 4,
        BtfKind.Array => 12,
        BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => Count * 12,
        BtfKind.Enum or BtfKind.FunctionPrototype => Count * 8,
        BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile
            or BtfKind.Const or BtfKind.Restrict or BtfKind.Function or BtfKind.Float
            or BtfKind.TypeTag => 0,
        _ => -1,
    };

    /// <summary>SizeOrType is a type.</summary>
    public bool RefersToType => Kind is BtfKind.Pointer or BtfKind.Typedef or BtfKind.Volatile
        or BtfKind.Const or BtfKind.Restrict or BtfKind.Function or BtfKind.FunctionPrototype
        or BtfKind.Variable or BtfKind.DeclTag or BtfKind.TypeTag;

    /// <summary>Kinds that only stand for another type where size and layout are asked.</summary>
    public bool IsTransparent => Kind is BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const
        or BtfKind.Restrict or BtfKind.TypeTag;

    public static uint Word(ReadOnlySpan<byte> data, int offset) =>
        BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);
}

/// <summary>Kinds of BTF types, as numbered by Documentation/bpf/btf.rst.</summary>
internal enum BtfKind
{
    Void = 0,
    Integer = 1,
    Pointer = 2,
    Array = 3,
    Struct = 4,
    Union = 5,
    Enum = 6,
    Forward = 7,
    Typedef = 8,
    Volatile = 9,
    Const = 10,
    Restrict = 11,
    Function = 12,
    FunctionPrototype = 13,
    Variable = 14,
    DataSection = 15,
    Float = 16,
    DeclTag = 17,
    TypeTag = 18,
    Enum64 = 19,
}
