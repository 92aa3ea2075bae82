using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Server.Channels;

/// <summary>
/// Between a kernel of today and a server that speaks a dialect: requests become the dialect's,
/// replies today's. Where the dialect's entry has no attributes, the link asks for them itself
/// (STATX) before the kernel gets its answer, as the dialect's own kernel would. One port's; not
/// thread-safe.
/// </summary>
/// <remarks>
/// What the kernel never took of an entry that waited for its attributes goes back to the server
/// as FORGET and RELEASE: such a reply is not the one that the server could take back itself.
/// </remarks>
internal sealed class DialectLink
{
    private readonly Dictionary<ulong, Asked> _asked = [];
    private readonly Queue<byte[]> _own = new();

    /// <summary>Grown to the largest reply seen.</summary>
    private byte[] _classic = new byte[4096];

    private Asked? _completed;

    /// <summary>What INIT agreed on.</summary>
    public Dialect Agreed { get; set; } = Dialect.Classic;

    /// <summary>
    /// Offers the dialect in the kernel's INIT. Entries of READDIRPLUS without attributes are of
    /// no use to today's kernel: then that is not offered, and it lists with READDIR.
    /// </summary>
    public static void Offer(ref fuse_init_in init, Dialect dialect)
    {
        HandleOffer.Offer(ref init, dialect);
        if (dialect.ListsWithoutAttributes)
        {
            init.flags &= ~(uint)(
                FuseInitFlags.FUSE_DO_READDIRPLUS | FuseInitFlags.FUSE_READDIRPLUS_AUTO);
        }
    }

    /// <summary>Whether <see cref="ToServer"/> may change a request.</summary>
    public bool Changes(FuseOpcode opcode) =>
        Agreed.HasOwnMessages
        && (Agreed.RequestBrings(opcode) || Operation.Of(opcode).Entry != EntryReplyForm.None);

    /// <summary>
    /// Writes today's request in the dialect's form, or as it is where that does not fit; its
    /// length in bytes.
    /// </summary>
    /// <param name="classic">The kernel's request.</param>
    /// <param name="handleType">Of the inode that it names.</param>
    /// <param name="handle">Empty where it is not known.</param>
    /// <param name="destination">Room for it.</param>
    public int ToServer(
        scoped in FuseRequest classic, uint handleType, scoped ReadOnlySpan<byte> handle,
        Span<byte> destination)
    {
        FuseOpcode opcode = classic.Opcode;
        if (Operation.Of(opcode).Entry != EntryReplyForm.None)
            Remember(classic);
        if (Agreed.TryWriteRequest(destination, classic, handleType, handle, out int bytes))
            return bytes;
        MemoryMarshal.Write(destination, classic.Header);
        classic.Body.CopyTo(destination[FuseRequest.HeaderBytes..]);
        classic.Extensions.CopyTo(
            destination[(FuseRequest.HeaderBytes + classic.Body.Length)..]);
        return (int)classic.Header.len;
    }

    /// <summary>The next request that the link itself has for the server.</summary>
    public bool TryTakeOwn(Span<byte> buffer, out int bytes)
    {
        bool any = _own.TryDequeue(out byte[]? own);
        bytes = own?.Length ?? 0;
        own?.CopyTo(buffer);
        return any;
    }

    /// <summary>Whether the reply is of a request that the link itself has made.</summary>
    public bool IsOwn(ulong unique) =>
        _asked.TryGetValue(unique, out Asked? asked) && asked.Step != LinkStep.Asked;

    /// <summary>
    /// What the kernel gets for a reply of the server; false where it gets nothing (yet).
    /// </summary>
    /// <param name="message">The whole reply.</param>
    /// <param name="reply">The same, parsed.</param>
    /// <param name="visitor">Takes the entries that the kernel will count.</param>
    /// <param name="classic">Today's reply.</param>
    public bool ToKernel<TVisitor>(
        ReadOnlySpan<byte> message, scoped in FuseReply reply, ref TVisitor visitor,
        out ReadOnlySpan<byte> classic)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        classic = message;
        _completed = null;
        if (!_asked.Remove(reply.Header.unique, out Asked? asked))
            return true;
        switch (asked.Step)
        {
            case LinkStep.Released:
                return false;
            case LinkStep.Waits:
                classic = Complete(asked, reply, ref visitor);
                return true;
            case LinkStep.Asked when reply.Header.error != 0 || !Agreed.HasOwnMessages:
                return true;
            case LinkStep.Asked when asked.NewName.Length > 0:
                Enqueue(asked, FuseOpcode.FUSE_LOOKUP, asked.Head.nodeid, asked.NewName);
                return false;
            case LinkStep.Asked:
                if (IsIncomplete(asked, reply))
                    return false;
                if (HasFailedPart(asked, reply, out int errno))
                {
                    GiveBack(asked);
                    Span<byte> room = Room(FuseReply.HeaderBytes);
                    classic = room[..MessageBuilder.WriteReplyHead(
                        room, reply.Header.unique, (Errno)(-errno), 0)];
                    return true;
                }

                EntryWalk.Visit(Agreed, asked.Opcode, reply, ref visitor);
                WireError fault = ClassicReply.Convert(
                    Agreed, asked.Opcode, reply, Room(message.Length), out int bytes);

                // A reply that is not of the agreed shape is the kernel's to refuse.
                classic = fault.IsError ? message : _classic.AsSpan(0, bytes);
                return true;
            default:
                throw new InvalidOperationException($"no step {asked.Step}");
        }
    }

    /// <summary>
    /// The kernel did not take what <see cref="ToKernel"/> gave last: of an entry that had waited
    /// for its attributes, the server learns it from the link.
    /// </summary>
    public void NotTaken()
    {
        if (_completed is { } asked)
            GiveBack(asked);
        _completed = null;
    }

    private void Remember(scoped in FuseRequest classic)
    {
        // A request sent again takes the place of the one it repeats (FUSE_NOTIFY_RESEND).
        fuse_in_header header = classic.Header;
        _asked.Remove(header.unique & ~FuseConstants.FUSE_UNIQUE_RESEND);
        bool isLink = classic.Opcode == FuseOpcode.FUSE_LINK
            && classic.Body.Length > Unsafe.SizeOf<fuse_link_in>();
        _asked[header.unique] = new Asked(header)
        {
            // Today's kernel wants the entry that the dialect's reply leaves out: it is looked up.
            NewName = isLink && !Agreed.RepliesEntry(FuseOpcode.FUSE_LINK)
                ? classic.Body[Unsafe.SizeOf<fuse_link_in>()..].ToArray()
                : [],
        };
    }

    /// <summary>
    /// Whether a compound brought an entry and then failed: the lookup goes back to the server.
    /// </summary>
    private bool HasFailedPart(Asked asked, scoped in FuseReply reply, out int errno)
    {
        errno = 0;
        if (!Agreed.HasReplyOfItsOwn(asked.Opcode))
            return false;
        WireError fault = Agreed.ReadEntryReply(
            asked.Opcode, reply, out WireEntry entry, out errno);
        if (fault.IsError || errno == 0 || entry.Entry.nodeid == 0)
            return false;
        asked.Hold(entry, []);
        return true;
    }

    /// <summary>Whether the entry has to wait for its attributes, which are asked for.</summary>
    private bool IsIncomplete(Asked asked, scoped in FuseReply reply)
    {
        Operation operation = Operation.Of(asked.Opcode);
        if (!operation.ReturnsOneEntry || Agreed.RequestsPer(asked.Opcode) == 1)
            return false;
        WireError fault = Agreed.ReadEntryReply(
            asked.Opcode, reply, out WireEntry entry, out int errno);
        if (fault.IsError || errno != 0 || entry.Entry.nodeid == 0)
            return false;
        int trailing = operation.TrailingBytes;
        asked.Hold(entry, trailing == 0 ? [] : reply.Body[^trailing..]);
        _asked[reply.Header.unique] = asked;
        EnqueueAbout(
            asked, FuseOpcode.FUSE_STATX,
            new fuse_statx_in { sx_mask = StatxAttributes.BasicMask });
        return true;
    }

    /// <summary>The entry that waited, with the attributes of the STATX reply.</summary>
    private ReadOnlySpan<byte> Complete<TVisitor>(
        Asked asked, scoped in FuseReply reply, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        Span<byte> room = Room(FuseReply.HeaderBytes + asked.Open.Length);
        Errno errno = (Errno)(-reply.Header.error);
        fuse_statx_out attributes = default;
        if (errno == Errno.None && !MemoryMarshal.TryRead(reply.Body, out attributes))
            errno = Errno.EIO;
        if (errno != Errno.None)
        {
            GiveBack(asked);
            return room[..MessageBuilder.WriteReplyHead(room, reply.Header.unique, errno, 0)];
        }

        StatxAttributes.Fill(ref asked.Entry, attributes);
        visitor.Visit(new WireEntry(asked.Entry, asked.Handle.AsHandle(), 0));
        _completed = asked;
        return room[..ClassicReply.WriteEntry(
            reply.Header.unique, asked.Entry, asked.Open, room)];
    }

    private void GiveBack(Asked asked)
    {
        if (asked.Open.Length > 0)
        {
            fuse_open_out open = MemoryMarshal.Read<fuse_open_out>(asked.Open);
            asked.Step = LinkStep.Released;
            _asked[asked.Head.unique] = asked;
            EnqueueAbout(asked, FuseOpcode.FUSE_RELEASE, new fuse_release_in { fh = open.fh });
        }

        EnqueueAbout(asked, FuseOpcode.FUSE_FORGET, new fuse_forget_in { nlookup = 1 });
    }

    /// <summary>A request of the link's own about the entry's inode.</summary>
    private void EnqueueAbout<T>(Asked asked, FuseOpcode opcode, in T arguments)
        where T : unmanaged =>
        Enqueue(
            asked, opcode, asked.Entry.nodeid,
            MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in arguments)));

    private void Enqueue(
        Asked asked, FuseOpcode opcode, ulong nodeId, ReadOnlySpan<byte> body)
    {
        byte[] classic = new byte[FuseRequest.HeaderBytes + body.Length];
        fuse_in_header header = asked.Head;
        header.len = (uint)classic.Length;
        header.opcode = (uint)opcode;
        header.nodeid = nodeId;
        header.total_extlen = 0;
        MemoryMarshal.Write(classic, header);
        body.CopyTo(classic.AsSpan(FuseRequest.HeaderBytes));
        byte[] message = new byte[classic.Length + 4 * FuseConstants.MAX_HANDLE_SZ];
        if (!FuseRequest.TryParse(classic, out FuseRequest request, out WireError error))
            throw new InvalidOperationException(error.ToString());
        int bytes = ToServer(request, asked.Handle.Type, asked.Handle.AsHandle().Bytes, message);
        _own.Enqueue(message[..bytes]);
    }

    private Span<byte> Room(int bytes)
    {
        int most = ClassicReply.MostBytes(bytes);
        if (_classic.Length < most)
        {
            _classic = GC.AllocateUninitializedArray<byte>(
                Math.Max(most, 2 * _classic.Length));
        }

        return _classic;
    }

    private enum LinkStep
    {
        /// <summary>The kernel's request is with the server.</summary>
        Asked,

        /// <summary>Its entry waits for the reply to STATX.</summary>
        Waits,

        /// <summary>What it opened is being released.</summary>
        Released,
    }

    private sealed class Asked(fuse_in_header head)
    {
        public fuse_in_header Head { get; } = head;

        public FuseOpcode Opcode => (FuseOpcode)Head.opcode;

        public LinkStep Step { get; set; }

        /// <summary>A field, for it is filled in place.</summary>
        public fuse_entry_out Entry;

        /// <summary>The name of a LINK whose reply brings no entry, with its NUL; else empty.
        /// </summary>
        public byte[] NewName { get; init; } = [];

        public StoredHandle Handle { get; private set; }

        /// <summary>fuse_open_out of CREATE and TMPFILE; empty without.</summary>
        public byte[] Open { get; private set; } = [];

        public void Hold(scoped in WireEntry entry, ReadOnlySpan<byte> open)
        {
            Step = LinkStep.Waits;
            Entry = entry.Entry;
            Handle = new(entry.Handle);
            Open = open.ToArray();
        }
    }
}
