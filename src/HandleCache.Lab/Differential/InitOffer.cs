using System.Runtime.CompilerServices;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Differential;

/// <summary>
/// What a kernel offers in INIT, field by field, to be compared. Left out is what depends on the
/// kernel's build and parameters (<see cref="ModelKernelOptions.MachineOffer"/>) and the bits of
/// a handle dialect, which today's kernel does not offer.
/// </summary>
internal static class InitOffer
{
    private const FuseInitFlags LeftOut =
        ModelKernelOptions.MachineOffer | (FuseInitFlags)(0x7FFUL << FirstDialectBit);

    /// <summary>The bits above the last of the uapi header.</summary>
    private const int FirstDialectBit = 43;

    /// <summary>A line each field; each flag is one.</summary>
    public static IReadOnlyList<string> Fields(ReadOnlySpan<byte> body)
    {
        WireReader reader = new(body);
        if (!InitReader.TryRead(ref reader, out fuse_init_in init))
            return [FormattableString.Invariant($"{body.Length} bytes")];
        List<string> fields =
        [
            FormattableString.Invariant($"bytes {body.Length}"),
            FormattableString.Invariant($"major {init.major}"),
            FormattableString.Invariant($"minor {init.minor}"),
            FormattableString.Invariant($"max_readahead {init.max_readahead}"),
        ];
        ulong flags = (ulong)(InitWords.Offered(init) & ~LeftOut);
        for (int bit = 0; bit < 64; bit++)
        {
            if ((flags & (1UL << bit)) != 0)
                fields.Add(((FuseInitFlags)(1UL << bit)).ToString());
        }

        int rest = Unsafe.SizeOf<fuse_init_in>() - UnusedBytes;
        if (body.Length > rest && body[rest..].ContainsAnyExcept((byte)0))
            fields.Add("unused " + Convert.ToHexStringLower(body[rest..]));
        return fields;
    }

    private const int UnusedBytes = 11 * sizeof(uint);
}
