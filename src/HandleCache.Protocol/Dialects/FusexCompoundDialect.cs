using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// fusex with compounds (PROPOSALS.md, section 8): LOOKUP is one FUSE_COMPOUND of LOOKUPX and
/// STATX, what makes an object one of MKOBJX, up to two SETXATTR for inherited ACLs, and STATX.
/// LINK's reply has no entry. There is no CREATE: MKOBJX makes a file, OPEN opens it. Handles stand
/// where the sketch of <see cref="FusexDialect"/> has them; the posted code has none yet.
/// </summary>
/// <remarks>
/// Left out: O_TMPFILE, for which the posted code makes an object and opens no file of the
/// server's, and that names are believed for ever (no d_revalidate()); entry_valid counts here.
/// The modelled kernel inherits no ACLs and so writes no SETXATTR; a compound that has some is
/// declined with EOPNOTSUPP.
/// </remarks>
public sealed class FusexCompoundDialect : FusexDialect
{
    /// <summary>Most SETXATTR in a compound: access and default ACL.</summary>
    private const int MostAcls = 2;

    private static readonly FuseOpcode[] Compounds =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_MKNOD,
        FuseOpcode.FUSE_SYMLINK,
    ];

    /// <summary>
    /// As the compounds and fusex were posted, each alone; LOOKUP_ROOT of fusex, which this does
    /// without, is 54, too.
    /// </summary>
    private static readonly DialectNumbers Posted = new()
    {
        Lookup = (FuseOpcode)55,
        MakeObject = (FuseOpcode)56,
        Compound = (FuseOpcode)54,
    };

    internal FusexCompoundDialect(DialectOptions options, int maxHandleBytes)
        : base(
            options.Name ?? "fusex-compound", options with { Compound = CompoundFraming.V7 },
            maxHandleBytes, Posted)
    {
    }

    public override Dialect With(DialectOptions options) =>
        new FusexCompoundDialect(options, MaxHandleBytes);

    public override bool Lacks(FuseOpcode opcode) =>
        opcode is FuseOpcode.FUSE_CREATE or FuseOpcode.FUSE_TMPFILE;

    public override bool RepliesEntry(FuseOpcode opcode) =>
        opcode != FuseOpcode.FUSE_LINK && !Lacks(opcode) && base.RepliesEntry(opcode);

    public override bool ReplyBrings(FuseOpcode opcode) => base.ReplyBrings(opcode)
        && (opcode == FuseOpcode.FUSE_READDIRPLUS || RepliesEntry(opcode));

    public override int RequestsPer(FuseOpcode opcode) =>
        opcode == FuseOpcode.FUSE_CREATE ? 1 + RequestsPer(FuseOpcode.FUSE_MKNOD)
        : Options.Apart.Contains(opcode) ? 2
        : 1;

    public override bool HasReplyOfItsOwn(FuseOpcode opcode) =>
        Compounds.Contains(opcode) || opcode == FuseOpcode.FUSE_LINK;

    public override int RequestBytes(FuseOpcode opcode, int classicBytes, int handleBytes)
    {
        int first = base.RequestBytes(opcode, classicBytes, handleBytes);
        return IsCompound(opcode)
            ? CompoundParts.FirstAt(Options.Compound) + first
                + Options.Compound.PartHeadBytes + CompoundParts.StatxPartBytes
            : first;
    }

    public override int ReplyBytes(FuseOpcode opcode, int handleBytes)
    {
        int entry = FuseReply.HeaderBytes + EntryBytes(handleBytes);
        return !Operation.Of(opcode).ReturnsOneEntry ? 0
            : !RepliesEntry(opcode) ? FuseReply.HeaderBytes
            : !IsCompound(opcode) ? entry
            : FuseReply.HeaderBytes + CompoundFraming.HeadBytes + entry
                + FuseReply.HeaderBytes + CompoundParts.StatxOutBytes;
    }

    public override Dialect Apart(FuseOpcode opcode) => IsCompound(opcode)
        ? With(Options with { Apart = [.. Options.Apart, opcode] })
        : this;

    public override Dialect? AfterRefusal(FuseOpcode opcode, int errno) =>
        CompoundParts.AfterRefusal(this, opcode, errno, Compounds);

    public override bool TryWriteRequest(
        Span<byte> destination, scoped in FuseRequest classic, uint handleType,
        scoped ReadOnlySpan<byte> handle, out int written)
    {
        if (!IsCompound(classic.Opcode))
            return base.TryWriteRequest(destination, classic, handleType, handle, out written);
        CompoundFraming framing = Options.Compound;
        int partAt = CompoundParts.FirstAt(framing);
        written = 0;
        fuse_in_header header = classic.Header;
        header.opcode = (uint)Numbers.Compound;
        if (destination.Length < partAt
            || !base.TryWriteRequest(
                destination[partAt..], classic, handleType, handle, out int part)
            || !CompoundParts.TryWrite(
                destination, framing, ref header, part, 0,
                StatxMask.BasicStats | StatxMask.BirthTime, out int end))
        {
            return false;
        }

        framing.WriteHead(destination[FuseRequest.HeaderBytes..], 0, isAtomic: false);
        written = end;
        return true;
    }

    public override WireError ReadRequest(scoped in FuseRequest request, out WireRequest wire)
    {
        if (request.Opcode == Numbers.Compound)
            return ReadCompound(request, out wire);
        WireError fault = base.ReadRequest(request, out wire);
        if (request.Opcode == Numbers.Lookup || request.Opcode == Numbers.MakeObject)
            wire = new(wire.Header, wire.Body, wire.Handle) { IsAlone = true };
        return fault;
    }

    public override bool TryWriteEntryReply(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, ReadOnlySpan<byte> trailing, out int written)
    {
        written = 0;
        if (!RepliesEntry(opcode))
        {
            if (destination.Length < FuseReply.HeaderBytes)
                return false;
            written = MessageBuilder.WriteReplyHead(destination, unique, Errno.None, 0);
            return true;
        }

        return IsCompound(opcode)
            ? TryWriteCompound(
                destination, unique, entry, handleType, handle, Errno.None, out written)
            : base.TryWriteEntryReply(
                destination, opcode, unique, entry, handleType, handle, trailing, out written);
    }

    public override bool TryWriteStatxFailure(
        Span<byte> destination, FuseOpcode opcode, ulong unique, in fuse_entry_out entry,
        uint handleType, ReadOnlySpan<byte> handle, Errno errno, out int written)
    {
        written = 0;
        return IsCompound(opcode) && TryWriteCompound(
            destination, unique, entry, handleType, handle, errno, out written);
    }

    /// <summary>
    /// The STATX of a negative entry fails, or says nothing: it is not looked at.
    /// </summary>
    public override WireError ReadEntryReply(
        FuseOpcode opcode, scoped in FuseReply reply, out WireEntry entry, out int errno)
    {
        if (!IsCompound(opcode))
            return base.ReadEntryReply(opcode, reply, out entry, out errno);
        entry = default;
        int all = reply.Body.Length;
        CompoundReader parts = CompoundReader.OfReply(reply.Body);
        WireError fault = CompoundParts.NextPart(ref parts, all, out FuseReply found, out errno);
        if (fault.IsError || errno != 0)
            return fault;
        fault = ReadEntry(found.Body, 0, out WireEntry named);
        if (fault.IsError)
            return CompoundParts.At(parts.Position + FuseReply.HeaderBytes, fault);
        fault = CompoundParts.NextPart(
            ref parts, all, CompoundParts.StatxOutBytes, out found, out errno);
        if (!fault.IsError)
            fault = CompoundParts.End(ref parts);
        if (fault.IsError)
            return fault;
        fuse_entry_out whole = named.Entry;
        if (whole.nodeid == 0)
            errno = 0;
        else if (errno == 0)
            StatxAttributes.Fill(ref whole, MemoryMarshal.Read<fuse_statx_out>(found.Body));
        entry = new WireEntry(whole, named.Handle, all);
        return WireError.None;
    }

    /// <summary>Whether the operation is sent as a compound.</summary>
    private bool IsCompound(FuseOpcode opcode) =>
        Compounds.Contains(opcode) && !Options.Apart.Contains(opcode);

    private WireError ReadCompound(scoped in FuseRequest request, out WireRequest wire)
    {
        wire = default;
        int all = request.Body.Length;
        CompoundReader parts = CompoundReader.OfRequest(request.Body, Options.Compound);
        if (!parts.MoveNext())
            return CompoundParts.Missing(parts, all);
        int firstAt = parts.Position;
        if (!FuseRequest.TryParse(parts.Part, out FuseRequest first, out WireError fault))
            return CompoundParts.At(firstAt, fault);
        if (first.Opcode != Numbers.Lookup && first.Opcode != Numbers.MakeObject)
            return CompoundParts.OtherPart(firstAt, Numbers.Lookup, first.Opcode);
        int acls = 0;
        if (first.Opcode == Numbers.MakeObject)
        {
            fault = SkipAcls(ref parts, out acls);
            if (fault.IsError)
                return fault;
        }

        fault = CompoundParts.ReadPart(ref parts, all, FuseOpcode.FUSE_STATX);
        if (!fault.IsError)
            fault = CompoundParts.End(ref parts);
        if (fault.IsError)
            return fault;
        fault = base.ReadRequest(first, out WireRequest read);
        if (fault.IsError)
            return CompoundParts.At(firstAt, fault);
        fuse_in_header header = request.Header;
        header.opcode = read.Header.opcode;
        header.nodeid = first.Header.nodeid;
        wire = new WireRequest(header, read.Body, read.Handle) { IsUnsupported = acls > 0 };
        return WireError.None;
    }

    /// <summary>Passes over the SETXATTR parts that come next.</summary>
    private static WireError SkipAcls(scoped ref CompoundReader parts, out int acls)
    {
        acls = 0;
        CompoundReader next = parts;
        while (acls < MostAcls && next.MoveNext()
            && FuseRequest.TryParse(next.Part, out FuseRequest part, out _)
            && part.Opcode == FuseOpcode.FUSE_SETXATTR)
        {
            WireError fault = part.CheckShape();
            if (fault.IsError)
                return CompoundParts.At(next.Position, fault);
            parts = next;
            acls++;
        }

        return WireError.None;
    }

    private bool TryWriteCompound(
        Span<byte> destination, ulong unique, in fuse_entry_out entry, uint handleType,
        ReadOnlySpan<byte> handle, Errno errno, out int written)
    {
        written = 0;
        int at = FuseReply.HeaderBytes + CompoundFraming.HeadBytes;
        int statx = FuseReply.HeaderBytes + CompoundParts.StatxOutBytes;
        int named = at + FuseReply.HeaderBytes;
        if (destination.Length < named
            || !TryWriteEntry(destination[named..], entry, handleType, handle, out int bytes)
            || destination.Length < named + bytes + statx)
        {
            return false;
        }

        destination[FuseReply.HeaderBytes..at].Clear();
        CompoundParts.WriteHead(destination[at..], unique, FuseReply.HeaderBytes + bytes);
        written = named + bytes;
        written += CompoundParts.WriteStatx(destination[written..], unique, entry, errno);
        CompoundParts.WriteHead(destination, unique, written);
        return true;
    }
}
