using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// How FUSE_COMPOUND frames its parts: v5 and v6 put a 16-byte head and then whole requests one
/// behind the other; v7 puts 4 bytes before each that say whose nodeid it takes
/// (ABI.md, proposed). A reply is a 16-byte head and whole replies.
/// </summary>
public sealed class CompoundFraming
{
    /// <summary>dep_index of a part that depends on none (FUSE_COMPOUND_NO_DEP).</summary>
    public const byte NoDependence = 0xff;

    /// <summary>Bytes of the head of a request and of a reply.</summary>
    public static readonly int HeadBytes = Unsafe.SizeOf<fuse_compound_in>();

    /// <summary>FUSE_COMPOUND_ATOMIC: all parts or none (v5, v6).</summary>
    private const uint Atomic = 1u << 1;

    private CompoundFraming(
        string name, int partHeadBytes, bool saysResultSize, bool declinesOne)
    {
        DeclinesOne = declinesOne;
        Name = name;
        PartHeadBytes = partHeadBytes;
        SaysResultSize = saysResultSize;
    }

    /// <summary>Compound commands v5 and v6 (2026-02).</summary>
    public static CompoundFraming V5 { get; } =
        new("v5", 0, saysResultSize: true, declinesOne: false);

    /// <summary>Compound commands v7 (2026-06).</summary>
    public static CompoundFraming V7 { get; } =
        new(
            "v7", Unsafe.SizeOf<fuse_compound_req_in>(), saysResultSize: false, declinesOne: true);

    public string Name { get; }

    /// <summary>Bytes before each part of a request.</summary>
    public int PartHeadBytes { get; }

    /// <summary>The head gives the bytes of all results; else it is zero.</summary>
    public bool SaysResultSize { get; }

    /// <summary>
    /// EOPNOTSUPP to a compound declines this combination of parts; else only ENOSYS, which
    /// declines all, is no error of the operation (ABI.md, proposed).
    /// </summary>
    public bool DeclinesOne { get; }

    /// <summary>Writes the head of a request, of at least 16 bytes; v7 has no flags.</summary>
    public void WriteHead(Span<byte> destination, int resultBytes, bool isAtomic) =>
        MemoryMarshal.Write(destination, new fuse_compound_in
        {
            flags = isAtomic && SaysResultSize ? Atomic : 0,
            result_size = SaysResultSize ? (uint)resultBytes : 0,
        });

    /// <summary>Writes what stands before a part of a request.</summary>
    public void WritePartHead(Span<byte> destination, byte dependsOn)
    {
        if (PartHeadBytes > 0)
            MemoryMarshal.Write(destination, new fuse_compound_req_in { dep_index = dependsOn });
    }
}
