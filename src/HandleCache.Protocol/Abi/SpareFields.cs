using System.Runtime.CompilerServices;

namespace HandleCache.Protocol.Abi;

/// <summary>11 spare fields of the wire.</summary>
[InlineArray(11)]
public struct U16x11
{
    private ushort _first;
}

/// <summary>6 spare fields of the wire.</summary>
[InlineArray(6)]
public struct U32x6
{
    private uint _first;
}

/// <summary>11 spare fields of the wire.</summary>
[InlineArray(11)]
public struct U32x11
{
    private uint _first;
}

/// <summary>2 spare fields of the wire.</summary>
[InlineArray(2)]
public struct U64x2
{
    private ulong _first;
}

/// <summary>14 spare fields of the wire.</summary>
[InlineArray(14)]
public struct U64x14
{
    private ulong _first;
}

/// <summary>Reserved words of fuse_mkobjx_in.</summary>
[InlineArray(7)]
public struct U64x7
{
    private ulong _first;
}
