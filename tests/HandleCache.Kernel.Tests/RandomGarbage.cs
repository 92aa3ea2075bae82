using System.Runtime.InteropServices;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Testing;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// A server that answers with bytes: now of the right length with fields from a small range, now
/// of any. It counts the lookups that its replies gave, as the kernel accepted them.
/// </summary>
internal sealed class RandomGarbage(KernelDriver bench, Dialect dialect, ulong seed)
{
    private static readonly uint[] Modes =
    [
        FileModes.Regular644, FileModes.Regular644, FileModes.Directory755, FileModes.Directory755,
        FileModes.Symlink777, FileModes.TypeMask, 0,
    ];

    private readonly SplitMix64 _random = new(seed);
    private readonly Dictionary<ulong, long> _given = [];
    private readonly byte[] _buffer = new byte[1 << 16];

    /// <summary>A forget of more than was given; null for none.</summary>
    public string? Fault { get; private set; }

    /// <summary>Makes calls until their number is reached, and answers all of them.</summary>
    public string? Run(IReadOnlyList<VfsCall> calls)
    {
        foreach (VfsCall call in calls)
        {
            KernelCall running = bench.Kernel.Start(call);
            for (int rounds = 0; !running.IsDone || bench.Kernel.HasRequest; rounds++)
            {
                if (rounds > 5000)
                    return $"{call} does not end";
                if (!Serve() && !running.IsDone)
                    return $"{call} waits and asks nothing";
            }

            _ = running.Result;
            if (_random.OneIn(8))
                Notify();
            if (bench.Kernel.Validate() is { Count: > 0 } errors)
                return $"after {call}: {errors[0]}";
            if (Fault is not null)
                return $"after {call}: {Fault}";
        }

        return null;
    }

    private bool Serve()
    {
        int bytes = bench.Kernel.ReadRequest(_buffer);
        if (bytes <= 0)
            return false;
        if (!FuseRequest.TryParse(_buffer.AsSpan(0, bytes), out FuseRequest request, out _))
            throw new InvalidOperationException("a malformed request");
        if (Operation.Of(request.Opcode).IsForget)
        {
            ForgetReader forgets = new(request);
            while (forgets.TryNext(out fuse_forget_one one))
                Take(one.nodeid, (long)one.nlookup);
            return true;
        }

        AskedRequest asked = new(request.Opcode, request.Header.nodeid, request.Header.unique, []);
        if (_random.OneIn(4))
        {
            bench.AnswerError(asked, _random.Below(140));
            return true;
        }

        // Today's opcode, whatever number the dialect gives the request.
        if (dialect.ReadRequest(request, out WireRequest wire).IsError)
            throw new InvalidOperationException("a malformed request");
        byte[] body = Body(wire.Opcode);
        bool isEntry = Operation.Of(wire.Opcode).ReturnsOneEntry;
        if (wire.Opcode == FuseOpcode.FUSE_READDIRPLUS)
            GiveListed(body);
        if (bench.AnswerBytes(asked, body) == 0 && isEntry)
            Give(BitConverter.ToUInt64(body));
        return true;
    }

    /// <summary>
    /// Every entry of directory records that has a nodeid is a lookup given, even where the records
    /// are any bytes that happen to be some. A name that is refused ends the reading: nothing
    /// behind it is given.
    /// </summary>
    private void GiveListed(byte[] body)
    {
        DirentReader reader = new(body, dialect);
        while (reader.MoveNext())
        {
            bool isDot = System.Text.Encoding.Latin1.GetString(reader.Name) is "." or "..";
            if (reader.Entry.Entry.nodeid != 0 && !isDot)
                Give(reader.Entry.Entry.nodeid);
        }
    }

    private void Give(ulong nodeId) => _given[nodeId] = _given.GetValueOrDefault(nodeId) + 1;

    private void Take(ulong nodeId, long count)
    {
        long left = _given.GetValueOrDefault(nodeId) - count;
        _given[nodeId] = left;
        if (left < 0)
            Fault ??= $"FORGET of nodeid {nodeId} takes {-left} more than were given";
    }

    private byte[] Body(FuseOpcode opcode)
    {
        EntryReplyForm form = Operation.Of(opcode).Entry;
        if (_random.OneIn(5))
        {
            byte[] any = Bytes(_random.Below(400));

            // An absolute symlink leads out of the modelled mount, where the model cannot follow.
            if (opcode == FuseOpcode.FUSE_READLINK && any is [(byte)'/', ..])
                any[0] = (byte)'a';
            return any;
        }

        if (form is EntryReplyForm.Entry or EntryReplyForm.EntryAndOpen)
        {
            byte[] entry = EntryOf();
            return form == EntryReplyForm.Entry
                ? entry
                : [.. entry, .. BytesOf(new fuse_open_out { fh = _random.Next() })];
        }

        return opcode switch
        {
            FuseOpcode.FUSE_READDIRPLUS => Records(plus: true),
            FuseOpcode.FUSE_READDIR => Records(plus: false),
            FuseOpcode.FUSE_GETATTR or FuseOpcode.FUSE_SETATTR => BytesOf(
                new fuse_attr_out { attr_valid = _random.Next(), attr = Attributes() }),
            FuseOpcode.FUSE_STATX => Bytes(Marshal.SizeOf<fuse_statx_out>()),
            FuseOpcode.FUSE_OPEN or FuseOpcode.FUSE_OPENDIR => BytesOf(
                new fuse_open_out { fh = _random.Next(), open_flags = (uint)_random.Below(64) }),
            FuseOpcode.FUSE_WRITE => BytesOf(
                new fuse_write_out { size = (uint)_random.Below(4000) }),
            FuseOpcode.FUSE_STATFS => Bytes(Marshal.SizeOf<fuse_statfs_out>()),
            FuseOpcode.FUSE_READLINK => [(byte)"abcd"[_random.Below(4)]],
            _ => [],
        };
    }

    /// <summary>Directory records.</summary>
    private byte[] Records(bool plus)
    {
        byte[] room = new byte[4096];
        DirentWriter writer = new(room);
        for (int i = _random.Below(4); i >= 0; i--)
        {
            byte[] name = System.Text.Encoding.Latin1.GetBytes(
                _random.Pick("a", "b", "c", "d", ".", "..", "a/b", ""));
            fuse_dirent dirent = new() { ino = 7, off = _random.Next() >> 1, type = 4 };
            if (!plus)
            {
                writer.TryAdd(dirent.ino, dirent.off, dirent.type, name);
                continue;
            }

            writer.TryAddPlus(dialect, Entry(), 1, Handle(), dirent, name);
        }

        return room[..writer.WrittenBytes];
    }

    private byte[] EntryOf()
    {
        byte[] room = new byte[512];
        dialect.TryWriteEntry(room, Entry(), (uint)_random.Below(3), Handle(), out int bytes);
        return room[..bytes];
    }

    private byte[] Handle() => dialect.CarriesHandles ? Bytes(_random.Below(129)) : [];

    private fuse_entry_out Entry() => new()
    {
        nodeid = _random.OneIn(20) ? _random.Next() : (ulong)_random.Below(8),
        generation = _random.Next() % 3 + (_random.OneIn(9) ? 1ul << 33 : 0),
        entry_valid = _random.OneIn(3) ? _random.Next() : 0,
        attr_valid = _random.OneIn(3) ? _random.Next() : 0,
        entry_valid_nsec = (uint)_random.Next(),
        attr = Attributes(),
    };

    private fuse_attr Attributes() => new()
    {
        ino = (ulong)_random.Below(8),
        mode = _random.Pick<uint>(Modes),
        size = _random.OneIn(9) ? _random.Next() : (ulong)_random.Below(9000),
        nlink = (uint)_random.Below(3),
        atimensec = (uint)_random.Next(),
    };

    private byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
            bytes[i] = (byte)_random.Next();
        return bytes;
    }

    private void Notify() => bench.Kernel.WriteReply(
    [
        .. BytesOf(new fuse_out_header
        {
            len = 56,
            error = _random.Below(10),
        }),
        .. Bytes(40),
    ]);
}
