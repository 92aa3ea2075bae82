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

    private Held? _completed;

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
        _asked.TryGetValue(unique, out Asked asked) && asked.Held is not null;

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
        if (!_asked.Remove(reply.Header.unique, out Asked asked))
            return true;
        if (asked.Held is { } held)
        {
            if (!held.IsReleased)
                classic = Complete(held, reply, ref visitor);
            return !held.IsReleased;
        }

        if (reply.Header.error != 0 || !Agreed.HasOwnMessages)
            return true;
        if (asked.NewName.Length > 0)
        {
            Enqueue(
                asked.Head, default, FuseOpcode.FUSE_LOOKUP, asked.Head.nodeid, asked.NewName);
            return false;
        }

        if (IsIncomplete(asked, reply))
            return false;
        if (HasFailedPart(asked, reply, out int errno))
        {
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
    }

    /// <summary>
    /// The kernel did not take what <see cref="ToKernel"/> gave last: of an entry that had waited
    /// for its attributes, the server learns it from the link.
    /// </summary>
    public void NotTaken()
    {
        if (_completed is { } held)
            GiveBack(held);
        _completed = null;
    }

    private void Remember(scoped in FuseRequest classic)
    {
        // A request sent again takes the place of the one it repeats (FUSE_NOTIFY_RESEND).
        fuse_in_header header = classic.Header;
        _asked.Remove(header.unique & ~FuseConstants.FUSE_UNIQUE_RESEND);
        bool isLink = classic.Opcode == FuseOpcode.FUSE_LINK
            && classic.Body.Length > Unsafe.SizeOf<fuse_link_in>();

        // Today's kernel wants the entry that the dialect's reply leaves out: it is looked up.
        byte[] newName = isLink && !Agreed.RepliesEntry(FuseOpcode.FUSE_LINK)
            ? classic.Body[Unsafe.SizeOf<fuse_link_in>()..].ToArray()
            : [];
        _asked[header.unique] = new Asked(header, newName, null);
    }

    /// <summary>
    /// Whether a compound brought an entry and then failed: the lookup goes back to the server.
    /// </summary>
    private bool HasFailedPart(in Asked asked, scoped in FuseReply reply, out int errno)
    {
        errno = 0;
        if (!Agreed.HasReplyOfItsOwn(asked.Opcode))
            return false;
        WireError fault = Agreed.ReadEntryReply(
            asked.Opcode, reply, out WireEntry entry, out errno);
        if (fault.IsError || errno == 0 || entry.Entry.nodeid == 0)
            return false;
        GiveBack(new Held(asked.Head, entry, []));
        return true;
    }

    /// <summary>Whether the entry has to wait for its attributes, which are asked for.</summary>
    private bool IsIncomplete(in Asked asked, scoped in FuseReply reply)
    {
        Operation operation = Operation.Of(asked.Opcode);
        if (!operation.ReturnsOneEntry || Agreed.RequestsPer(asked.Opcode) == 1)
            return false;
        WireError fault = Agreed.ReadEntryReply(
            asked.Opcode, reply, out WireEntry entry, out int errno);
        if (fault.IsError || errno != 0 || entry.Entry.nodeid == 0)
            return false;
        int trailing = operation.TrailingBytes;
        Held held = new(asked.Head, entry, trailing == 0 ? [] : reply.Body[^trailing..]);
        _asked[reply.Header.unique] = asked with { Held = held };
        EnqueueAbout(
            held, FuseOpcode.FUSE_STATX,
            new fuse_statx_in { sx_mask = StatxAttributes.BasicMask });
        return true;
    }

    /// <summary>The entry that waited, with the attributes of the STATX reply.</summary>
    private ReadOnlySpan<byte> Complete<TVisitor>(
        Held held, scoped in FuseReply reply, ref TVisitor visitor)
        where TVisitor : IEntryVisitor, allows ref struct
    {
        Span<byte> room = Room(FuseReply.HeaderBytes + held.Open.Length);
        Errno errno = (Errno)(-reply.Header.error);
        fuse_statx_out attributes = default;
        if (errno == Errno.None && !MemoryMarshal.TryRead(reply.Body, out attributes))
            errno = Errno.EIO;
        if (errno != Errno.None)
        {
            GiveBack(held);
            return room[..MessageBuilder.WriteReplyHead(room, reply.Header.unique, errno, 0)];
        }

        StatxAttributes.Fill(ref held.Entry, attributes);
        visitor.Visit(new WireEntry(held.Entry, held.Handle.AsHandle(), 0));
        _completed = held;
        return room[..ClassicReply.WriteEntry(
            reply.Header.unique, held.Entry, held.Open, room)];
    }

    private void GiveBack(Held held)
    {
        if (held.Open.Length > 0)
        {
            fuse_open_out open = MemoryMarshal.Read<fuse_open_out>(held.Open);
            held.IsReleased = true;
            _asked[held.Head.unique] = new Asked(held.Head, [], held);
            EnqueueAbout(held, FuseOpcode.FUSE_RELEASE, new fuse_release_in { fh = open.fh });
        }

        EnqueueAbout(held, FuseOpcode.FUSE_FORGET, new fuse_forget_in { nlookup = 1 });
    }

    /// <summary>A request of the link's own about the entry's inode.</summary>
    private void EnqueueAbout<T>(Held held, FuseOpcode opcode, in T arguments)
        where T : unmanaged =>
        Enqueue(
            held.Head, held.Handle, opcode, held.Entry.nodeid,
            MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in arguments)));

    private void Enqueue(
        in fuse_in_header head, scoped in StoredHandle handle, FuseOpcode opcode, ulong nodeId,
        scoped ReadOnlySpan<byte> body)
    {
        byte[] classic = new byte[FuseRequest.HeaderBytes + body.Length];
        fuse_in_header header = head;
        header.len = (uint)classic.Length;
        header.opcode = (uint)opcode;
        header.nodeid = nodeId;
        header.total_extlen = 0;
        MemoryMarshal.Write(classic, header);
        body.CopyTo(classic.AsSpan(FuseRequest.HeaderBytes));
        byte[] message = new byte[classic.Length + 4 * FuseConstants.MAX_HANDLE_SZ];
        if (!FuseRequest.TryParse(classic, out FuseRequest request, out WireError error))
            throw new InvalidOperationException(error.ToString());
        int bytes = ToServer(request, handle.Type, handle.AsHandle().Bytes, message);
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

    /// <summary>A request that is with the server, or what its entry waits for.</summary>
    /// <param name="Head">Of the kernel's request.</param>
    /// <param name="NewName">
    /// The name of a LINK whose reply brings no entry, with its NUL; else empty.
    /// </param>
    /// <param name="Held">The entry of its reply, with a request of the link's own; else null.
    /// </param>
    private readonly record struct Asked(fuse_in_header Head, byte[] NewName, Held? Held)
    {
        public FuseOpcode Opcode => (FuseOpcode)Head.opcode;
    }

    /// <summary>An entry that waits for the reply to STATX, or goes back to the server.</summary>
    /// <param name="head">Of the kernel's request.</param>
    /// <param name="entry">As the server gave it.</param>
    /// <param name="open">fuse_open_out of CREATE and TMPFILE; empty without.</param>
    private sealed class Held(
        fuse_in_header head, scoped in WireEntry entry, ReadOnlySpan<byte> open)
    {
        /// <summary>A field, for it is filled in place.</summary>
        public fuse_entry_out Entry = entry.Entry;

        public fuse_in_header Head { get; } = head;

        public StoredHandle Handle { get; } = new(entry.Handle);

        public byte[] Open { get; } = open.ToArray();

        /// <summary>What it opened is being released.</summary>
        public bool IsReleased { get; set; }
    }
}
