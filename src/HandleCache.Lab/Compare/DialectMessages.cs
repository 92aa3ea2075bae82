using HandleCache.Model.Mixes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Compare;

/// <summary>Writes messages of a dialect and counts their bytes.</summary>
internal static class DialectMessages
{
    private const int RoomBytes = 4096;

    public static readonly IReadOnlyList<FuseOpcode> EntryOperations =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_MKNOD,
        FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_SYMLINK, FuseOpcode.FUSE_LINK,
        FuseOpcode.FUSE_TMPFILE, FuseOpcode.FUSE_READDIRPLUS,
    ];

    public static fuse_entry_out EntryOf(ulong nodeId) => new()
    {
        nodeid = nodeId,
        attr = new fuse_attr { ino = nodeId, mode = FileModes.Regular644, nlink = 1 },
    };

    /// <summary>Bytes of a whole reply with such a handle, as the codec writes it.</summary>
    public static int Reply(Dialect dialect, FuseOpcode opcode, uint type, int handleBytes)
    {
        Span<byte> room = stackalloc byte[RoomBytes];
        Span<byte> handle = stackalloc byte[handleBytes];
        Span<byte> trailing =
            stackalloc byte[Operation.Of(opcode).TrailingBytes];
        bool written = dialect.TryWriteEntryReply(
            room, opcode, 2, EntryOf(5), type,
            dialect.ReplyBrings(opcode) ? handle : default, trailing, out int bytes);
        return written ? bytes : throw CannotWrite(dialect, opcode, handleBytes);
    }

    /// <summary>Bytes of one READDIRPLUS record.</summary>
    public static int Record(Dialect dialect, uint type, int handleBytes, int nameBytes)
    {
        DirentWriter writer = new(stackalloc byte[RoomBytes]);
        return TryAdd(ref writer, dialect, type, handleBytes, nameBytes)
            ? writer.WrittenBytes
            : throw CannotWrite(dialect, FuseOpcode.FUSE_READDIRPLUS, handleBytes);
    }

    /// <summary>Bytes that the parent's handle adds to the request of this name.</summary>
    public static int RequestExtra(
        Dialect dialect, FuseOpcode opcode, uint type, int handleBytes, int nameBytes)
    {
        byte[] classic = Classic(opcode, 1, nameBytes);
        if (!FuseRequest.TryParse(classic, out FuseRequest request, out WireError error))
            throw new InvalidOperationException($"{opcode}: {error}");
        Span<byte> room = stackalloc byte[RoomBytes];
        Span<byte> handle = stackalloc byte[dialect.RequestBrings(opcode) ? handleBytes : 0];
        return dialect.TryWriteRequest(room, request, type, handle, out int bytes)
            ? bytes - classic.Length
            : throw CannotWrite(dialect, opcode, handleBytes);
    }

    /// <summary>Today's request about a nodeid, with names of so many bytes.</summary>
    public static byte[] Classic(FuseOpcode opcode, ulong nodeId, int nameBytes)
    {
        RequestShape shape = Operation.Of(opcode).Request;
        byte[] body = new byte[shape.FixedBytes + (shape.Names * (nameBytes + 1))];
        for (int i = 0; i < shape.Names; i++)
            body.AsSpan(shape.FixedBytes + (i * (nameBytes + 1)), nameBytes).Fill((byte)'n');
        return MessageBuilder.Request(opcode, unique: 2, nodeId, body);
    }

    /// <summary>Fills READDIRPLUS buffers with a directory of the mix's objects.</summary>
    public static (int PerBuffer, int RoundTrips, long ReplyBytes) List(
        Dialect dialect, HandleMix mix, int names, int nameBytes, int bufferBytes)
    {
        byte[] buffer = new byte[bufferBytes];
        DirentWriter writer = new(buffer);
        int trips = 0;
        int inBuffer = 0;
        int perBuffer = 0;
        long replyBytes = 0;
        foreach (HandleShare row in mix.Spread(names))
        {
            if (!TryAdd(ref writer, dialect, row.Type, row.Bytes, nameBytes))
            {
                perBuffer = perBuffer == 0 ? inBuffer : perBuffer;
                if (inBuffer == 0)
                    throw CannotWrite(dialect, FuseOpcode.FUSE_READDIRPLUS, row.Bytes);
                trips++;
                replyBytes += FuseReply.HeaderBytes + writer.WrittenBytes;
                writer = new DirentWriter(buffer);
                inBuffer = 0;
                TryAdd(ref writer, dialect, row.Type, row.Bytes, nameBytes);
            }

            inBuffer++;
        }

        replyBytes += (2 * FuseReply.HeaderBytes) + writer.WrittenBytes;
        return (perBuffer == 0 ? inBuffer : perBuffer, trips + 2, replyBytes);
    }

    /// <summary>READDIR requests for the rest of a directory, the empty one included.</summary>
    public static int PlainRoundTrips(int names, int nameBytes, int bufferBytes)
    {
        DirentWriter writer = new(new byte[bufferBytes]);
        Span<byte> name = stackalloc byte[nameBytes];
        name.Fill((byte)'n');
        int perBuffer = 0;
        while (writer.TryAdd(5, 1, 8, name))
            perBuffer++;
        return names <= 0 ? 1 : 1 + ((names + perBuffer - 1) / perBuffer);
    }

    private static bool TryAdd(
        ref DirentWriter writer, Dialect dialect, uint type, int handleBytes, int nameBytes)
    {
        Span<byte> name = stackalloc byte[nameBytes];
        name.Fill((byte)'n');
        bool brings = dialect.ReplyBrings(FuseOpcode.FUSE_READDIRPLUS);
        Span<byte> handle = stackalloc byte[brings ? handleBytes : 0];
        fuse_dirent dirent = new() { ino = 5, off = 1, type = 8 };
        return writer.TryAddPlus(dialect, EntryOf(5), type, handle, dirent, name);
    }

    private static BadInputException CannotWrite(
        Dialect dialect, FuseOpcode opcode, int handleBytes) =>
        new($"dialect {dialect.Name} cannot carry a handle of {handleBytes} bytes in {opcode}; "
            + $"its longest is {dialect.MaxHandleBytes}");
}
