using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Server.Channels;

namespace HandleCache.Lab.Validate;

/// <summary>
/// Between the tap and a server of today's protocol: makes of it a server with a fault. Requests
/// are changed behind the tap's back, replies before it sees them.
/// </summary>
internal sealed class FaultyServer(IChannel inner, ServerFault fault) : IChannel
{
    /// <summary>One message in so many gets a fault that would else be everywhere.</summary>
    private const int OneIn = 8;

    private static readonly int EntryBytes = Unsafe.SizeOf<fuse_entry_out>();
    private static readonly int DirentBytes = Unsafe.SizeOf<fuse_dirent>();

    private readonly ConcurrentDictionary<ulong, byte[]> _asked = [];
    private readonly ConcurrentDictionary<ulong, byte[]> _entries = [];
    private readonly ConcurrentDictionary<ulong, byte> _uncounted = [];
    private readonly ConcurrentQueue<byte[]> _added = [];
    private int _messages;

    public IChannelPort OpenPort() => new Port(this, inner.OpenPort());

    public void Close() => inner.Close();

    public void Dispose() => inner.Dispose();

    private bool IsTurn() => Interlocked.Increment(ref _messages) % OneIn == 0;

    /// <summary>False where the server is not to see it.</summary>
    private bool OnRequest(Span<byte> message)
    {
        if (!FuseRequest.TryParse(message, out FuseRequest request, out _))
            return true;
        if (Operation.Of(request.Opcode).IsForget)
            return fault != ServerFault.IgnoredForget || !IsTurn();
        if (request.Opcode == FuseOpcode.FUSE_SETATTR && fault == ServerFault.IgnoredChown)
        {
            ref uint valid = ref MemoryMarshal.AsRef<uint>(message[FuseRequest.HeaderBytes..]);
            valid &= ~(uint)(FuseSetattrValid.FATTR_UID | FuseSetattrValid.FATTR_GID);
        }

        _asked[request.Header.unique] = message.ToArray();
        return true;
    }

    private byte[] OnReply(ReadOnlySpan<byte> message)
    {
        byte[] reply = message.ToArray();
        if (!FuseReply.TryParse(message, out FuseReply parsed, out _)
            || !_asked.TryRemove(parsed.Header.unique, out byte[]? asked)
            || !FuseRequest.TryParse(asked, out FuseRequest request, out _))
        {
            return reply;
        }

        Span<byte> body = reply.AsSpan(FuseReply.HeaderBytes);
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_LOOKUP:
                return OnLookup(request, parsed, reply);
            case FuseOpcode.FUSE_READDIR or FuseOpcode.FUSE_READDIRPLUS
                when parsed.Header.error == 0 && body.Length > 0:
                return OnListing(request.Opcode == FuseOpcode.FUSE_READDIRPLUS, reply);
            default:
                return reply;
        }
    }

    private byte[] OnLookup(in FuseRequest request, in FuseReply parsed, byte[] reply)
    {
        bool isExport = request.Body.SequenceEqual(".\0"u8);
        if (parsed.Header.error != 0)
        {
            return fault == ServerFault.DeletedFound && isExport
                && _entries.TryGetValue(request.Header.nodeid, out byte[]? known)
                ? MessageBuilder.Reply(parsed.Header.unique, known)
                : reply;
        }

        Span<byte> body = reply.AsSpan(FuseReply.HeaderBytes);
        ref fuse_entry_out entry = ref MemoryMarshal.AsRef<fuse_entry_out>(body);
        if (fault == ServerFault.SameGeneration)
            entry.generation = 1;
        if (entry.nodeid == 0)
            return reply;
        bool isKnown = !_entries.TryAdd(entry.nodeid, body.ToArray());
        if (isKnown && !isExport && fault == ServerFault.UncountedLookup
            && _uncounted.TryAdd(entry.nodeid, 0))
        {
            Forget(entry.nodeid);
        }

        return reply;
    }

    /// <summary>The server takes a lookup back that the kernel still has.</summary>
    private void Forget(ulong nodeid)
    {
        fuse_forget_in one = new() { nlookup = 1 };
        _added.Enqueue(MessageBuilder.Request(
            FuseOpcode.FUSE_FORGET, 0, nodeid,
            MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_forget_in>(in one))));
    }

    private byte[] OnListing(bool plus, byte[] reply)
    {
        int head = plus ? EntryBytes : 0;
        int last = FuseReply.HeaderBytes;
        for (int at = last; at + head + DirentBytes <= reply.Length;)
        {
            int record = RecordBytes(reply.AsSpan(at + head), head);
            bool isDot = reply[at + head + DirentBytes] == (byte)'.';
            if (!isDot && fault == ServerFault.ListedZero && plus)
            {
                reply.AsSpan(at, sizeof(ulong)).Clear();
                return reply;
            }

            if (!isDot && fault == ServerFault.DroppedEntry && at + record < reply.Length)
                return Without(reply, at, record, plus);
            last = at;
            at += record;
        }

        if (fault == ServerFault.ShiftedOffset)
        {
            MemoryMarshal.AsRef<fuse_dirent>(
                reply.AsSpan(last + head, DirentBytes)).off++;
        }

        return reply;
    }

    private byte[] Without(byte[] reply, int at, int record, bool plus)
    {
        if (plus && MemoryMarshal.Read<ulong>(reply.AsSpan(at)) is not 0 and var nodeid)
            Forget(nodeid);
        byte[] shorter = [.. reply[..at], .. reply[(at + record)..]];
        MemoryMarshal.Write(shorter, (uint)shorter.Length);
        return shorter;
    }

    /// <summary>FUSE_DIRENT_SIZE() and FUSE_DIRENTPLUS_SIZE().</summary>
    private static int RecordBytes(ReadOnlySpan<byte> dirent, int head) =>
        head + FuseConstants.FUSE_REC_ALIGN(
            DirentBytes + (int)MemoryMarshal.Read<fuse_dirent>(dirent).namelen);

    private sealed class Port(FaultyServer server, IChannelPort inner) : IChannelPort
    {
        public SysResult Receive(Span<byte> buffer)
        {
            while (true)
            {
                if (server._added.TryDequeue(out byte[]? added))
                {
                    added.CopyTo(buffer);
                    return SysResult.Success(added.Length);
                }

                SysResult received = inner.Receive(buffer);
                if (received.Failed || received.Value == 0
                    || server.OnRequest(buffer[..(int)received.Value]))
                {
                    return received;
                }
            }
        }

        public Errno Send(ReadOnlySpan<byte> message) => inner.Send(server.OnReply(message));

        public void Dispose() => inner.Dispose();
    }
}
