using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// What the dialects with compounds have in common: a first part that names an object, and parts
/// behind it that take its nodeid.
/// </summary>
internal static class CompoundParts
{
    public static readonly int StatxOutBytes = Unsafe.SizeOf<fuse_statx_out>();

    /// <summary>Bytes of a STATX request that is a part.</summary>
    public static readonly int StatxPartBytes =
        FuseRequest.HeaderBytes + Unsafe.SizeOf<fuse_statx_in>();

    /// <summary>Where the first part of a request starts.</summary>
    public static int FirstAt(CompoundFraming framing) =>
        FuseRequest.HeaderBytes + CompoundFraming.HeadBytes + framing.PartHeadBytes;

    /// <summary>
    /// Writes the heads of a request whose first part is there already, and the STATX behind it;
    /// false when it does not fit.
    /// </summary>
    /// <param name="destination">With the first part at <see cref="FirstAt"/>.</param>
    /// <param name="framing">Of the compound.</param>
    /// <param name="header">Of the whole: today's, its length and opcode not yet right.</param>
    /// <param name="firstBytes">Bytes of the first part.</param>
    /// <param name="tailBytes">Bytes that will follow the STATX.</param>
    /// <param name="mask">What the STATX asks for.</param>
    /// <param name="end">Where the STATX ends.</param>
    public static bool TryWrite(
        Span<byte> destination, CompoundFraming framing, ref fuse_in_header header,
        int firstBytes, int tailBytes, uint mask, out int end)
    {
        int first = FirstAt(framing);
        int statx = first + firstBytes + framing.PartHeadBytes;
        end = statx + StatxPartBytes;
        if (destination.Length < end + tailBytes)
            return false;
        header.len = (uint)(end + tailBytes);
        header.total_extlen = 0;
        MemoryMarshal.Write(destination, header);
        framing.WritePartHead(
            destination[(first - framing.PartHeadBytes)..], CompoundFraming.NoDependence);
        framing.WritePartHead(destination[(statx - framing.PartHeadBytes)..], dependsOn: 0);
        WritePart(
            destination[statx..], header, FuseOpcode.FUSE_STATX,
            new fuse_statx_in { sx_mask = mask });
        return true;
    }

    /// <summary>A later part: the nodeid is put in by whoever carries the compound out.</summary>
    public static void WritePart<T>(
        Span<byte> destination, fuse_in_header header, FuseOpcode opcode, in T arguments)
        where T : unmanaged
    {
        header.len = (uint)(FuseRequest.HeaderBytes + Unsafe.SizeOf<T>());
        header.opcode = (uint)opcode;
        header.nodeid = FuseConstants.FUSE_ROOT_ID;
        MemoryMarshal.Write(destination, header);
        MemoryMarshal.Write(destination[FuseRequest.HeaderBytes..], arguments);
    }

    /// <summary>Reads a part of a request that has to be of that operation.</summary>
    public static WireError ReadPart(
        scoped ref CompoundReader parts, int bodyBytes, FuseOpcode expected)
    {
        if (!parts.MoveNext())
            return Missing(parts, bodyBytes);
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest part, out WireError fault))
            return At(parts.Position, fault);
        if (part.Opcode != expected)
            return OtherPart(parts.Position, expected, part.Opcode);
        fault = part.CheckShape();
        return fault.IsError ? At(parts.Position, fault) : WireError.None;
    }

    /// <summary>The head of a successful reply of so many bytes, head included.</summary>
    public static void WriteHead(Span<byte> destination, ulong unique, int bytes) =>
        MessageBuilder.WriteReplyHead(
            destination, unique, Errno.None, bytes - FuseReply.HeaderBytes);

    /// <summary>
    /// Writes the STATX part of a reply, and gives its length in bytes: a failed one is its head
    /// alone.
    /// </summary>
    public static int WriteStatx(
        Span<byte> destination, ulong unique, in fuse_entry_out entry, Errno errno)
    {
        if (errno != Errno.None)
            return MessageBuilder.WriteReplyHead(destination, unique, errno, 0);
        WriteHead(destination, unique, FuseReply.HeaderBytes + StatxOutBytes);
        MemoryMarshal.Write(destination[FuseReply.HeaderBytes..], StatxAttributes.Of(entry));
        return FuseReply.HeaderBytes + StatxOutBytes;
    }

    /// <summary>Reads the next part of a reply, which is so long unless it failed.</summary>
    public static WireError NextPart(
        scoped ref CompoundReader parts, int bodyBytes, int wanted, out FuseReply part,
        out int errno)
    {
        WireError fault = NextPart(ref parts, bodyBytes, out part, out errno);
        return fault.IsError || errno != 0 || part.Body.Length == wanted
            ? fault
            : new WireError(WireFault.LengthLies, parts.Position, wanted, part.Body.Length);
    }

    public static WireError NextPart(
        scoped ref CompoundReader parts, int bodyBytes, out FuseReply part, out int errno)
    {
        part = default;
        errno = 0;
        if (!parts.MoveNext())
            return Missing(parts, bodyBytes);
        if (!FuseReply.TryParse(parts.Part, out part, out WireError fault))
            return At(parts.Position, fault);
        errno = part.Header.error;
        return WireError.None;
    }

    /// <summary>
    /// How to go on after a refused compound. ENOSYS: no compound any more. EOPNOTSUPP, framing
    /// v7: not this one. Anything else is the operation's own error (PROPOSALS.md, section 4,
    /// Horst v7).
    /// </summary>
    public static Dialect? AfterRefusal(
        Dialect dialect, FuseOpcode opcode, int errno, ReadOnlySpan<FuseOpcode> compounds)
    {
        if (!compounds.Contains(opcode) || dialect.Options.Apart.Contains(opcode))
            return null;
        switch ((Errno)(-errno))
        {
            case Errno.ENOSYS:
                foreach (FuseOpcode compound in compounds)
                    dialect = dialect.Apart(compound);
                return dialect;
            case Errno.EOPNOTSUPP when dialect.Options.Compound.DeclinesOne:
                return dialect.Apart(opcode);
            default:
                return null;
        }
    }

    public static WireError OtherPart(int position, FuseOpcode expected, FuseOpcode found) =>
        new(WireFault.UnknownCode, position + 4, (long)expected, (long)found);

    public static WireError Missing(scoped in CompoundReader parts, int bodyBytes) =>
        parts.Error.IsError
            ? parts.Error
            : new WireError(WireFault.Truncated, bodyBytes, FuseReply.HeaderBytes, 0);

    /// <summary>The compound has to end here.</summary>
    public static WireError End(scoped ref CompoundReader parts) =>
        parts.MoveNext()
            ? new WireError(WireFault.Overlong, parts.Position, 0, parts.Part.Length)
            : parts.Error;

    public static WireError At(int position, WireError inner) =>
        inner with { Position = position + inner.Position };
}
