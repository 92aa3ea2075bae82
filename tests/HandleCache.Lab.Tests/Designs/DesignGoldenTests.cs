using HandleCache.Lab.Compare;
using HandleCache.Lab.Designs;
using HandleCache.Model.Designs;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using Xunit;

namespace HandleCache.Lab.Tests.Designs;

/// <summary>
/// A shipped design says the same as the dialect of its name, byte for byte: the file is read, the
/// dialect is part of the protocol. What both send is held by digests (DialectDigestTests).
/// </summary>
public sealed class DesignGoldenTests
{
    public static TheoryData<string> WithDialect =>
        [.. DialectList.All.Select(dialect => dialect.Name)];

    [Theory]
    [MemberData(nameof(WithDialect))]
    public void Requests_are_those_of_the_dialect(string name)
    {
        (Dialect code, Dialect data) = Both(name);
        int compared = 0;
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            byte[] classic = DialectMessages.Classic(opcode, 7, 5);
            if (!FuseRequest.TryParse(classic, out FuseRequest request, out _))
                continue;
            for (int length = 0; length <= code.MaxHandleBytes; length++)
            {
                byte[] handle = HandleOf(length);
                Assert.Equal(Request(code, request, handle), Request(data, request, handle));
                Assert.Equal(
                    code.RequestBytes(opcode, classic.Length, length),
                    data.RequestBytes(opcode, classic.Length, length));
                compared++;
            }
        }

        Assert.True(compared >= 40, $"{compared} requests");
    }

    [Theory]
    [MemberData(nameof(WithDialect))]
    public void Replies_and_records_are_those_of_the_dialect(string name)
    {
        (Dialect code, Dialect data) = Both(name);
        foreach (FuseOpcode opcode in DialectMessages.EntryOperations)
        {
            Assert.Equal(code.ReplyBrings(opcode), data.ReplyBrings(opcode));
            Assert.Equal(code.RequestBrings(opcode), data.RequestBrings(opcode));
            bool records = opcode == FuseOpcode.FUSE_READDIRPLUS;
            for (int length = 0; length <= code.MaxHandleBytes; length++)
            {
                Assert.Equal(
                    Message(code, opcode, records, length), Message(data, opcode, records, length));
                Assert.Equal(
                    code.ReplyBytes(opcode, length), data.ReplyBytes(opcode, length));
            }
        }
    }

    [Theory]
    [MemberData(nameof(WithDialect))]
    public void Init_offers_and_accepts_the_same(string name)
    {
        (Dialect code, Dialect data) = Both(name);
        fuse_init_in offeredByCode = default;
        fuse_init_in offeredByData = default;
        HandleOffer.Offer(ref offeredByCode, code);
        HandleOffer.Offer(ref offeredByData, data);
        Assert.Equal(offeredByCode.flags, offeredByData.flags);
        Assert.Equal(offeredByCode.flags2, offeredByData.flags2);
        fuse_init_out takenByCode = default;
        fuse_init_out takenByData = default;
        HandleOffer.Accept(ref takenByCode, code, code.MaxHandleBytes);
        HandleOffer.Accept(ref takenByData, data, data.MaxHandleBytes);
        Assert.Equal(takenByCode.flags2, takenByData.flags2);
        Assert.Equal(takenByCode.unused[0], takenByData.unused[0]);
    }

    [Fact]
    public void Replies_that_break_off_or_are_damaged_are_read_alike()
    {
        SplitMix64 random = new(1);
        foreach (string name in new[] { "thread", "v2" })
        {
            (Dialect code, Dialect data) = Both(name);
            for (int i = 0; i < 20_000; i++)
            {
                FuseOpcode opcode = random.PickFrom(DialectMessages.EntryOperations);
                if (opcode == FuseOpcode.FUSE_READDIRPLUS)
                    continue;
                byte[] reply = Message(code, opcode, false, random.Below(129));
                reply[FuseReply.HeaderBytes + random.Below(reply.Length - FuseReply.HeaderBytes)] ^=
                    (byte)(1 << random.Below(8));
                int kept = random.OneIn(2) ? reply.Length : 16 + random.Below(reply.Length - 16);
                Assert.Equal(Read(code, opcode, reply[..kept]), Read(data, opcode, reply[..kept]));
            }
        }
    }

    private static (Dialect Code, Dialect Data) Both(string name)
    {
        Design design = DesignFiles.Load(name);
        Assert.True(DialectList.TryParse(name, out Dialect? code, out string? error), error);
        return (code!, DesignDeviation.SoundOf(design.Wire).ToDialect());
    }

    private static byte[] HandleOf(int length)
    {
        byte[] handle = new byte[length];
        for (int i = 0; i < length; i++)
            handle[i] = (byte)(i + 1);
        return handle;
    }

    private static byte[] Request(Dialect dialect, in FuseRequest request, byte[] handle)
    {
        byte[] room = new byte[4096];
        return dialect.TryWriteRequest(room, request, 0x30081, handle, out int bytes)
            ? room[..bytes]
            : [];
    }

    private static byte[] Message(Dialect dialect, FuseOpcode opcode, bool records, int length)
    {
        byte[] room = new byte[4096];
        fuse_entry_out entry = DialectMessages.EntryOf(5);
        byte[] handle = dialect.ReplyBrings(opcode) ? HandleOf(length) : [];
        if (records)
        {
            DirentWriter writer = new(room);
            bool added = writer.TryAddPlus(
                dialect, entry, 0x30081, handle, new fuse_dirent { ino = 5, type = 8 }, "name"u8);
            return added ? room[..writer.WrittenBytes] : [];
        }

        byte[] trailing = new byte[Operation.Of(opcode).TrailingBytes];
        return dialect.TryWriteEntryReply(
            room, opcode, 2, entry, 0x30081, handle, trailing, out int bytes)
            ? room[..bytes]
            : [];
    }

    private static string Read(Dialect dialect, FuseOpcode opcode, byte[] message)
    {
        if (!FuseReply.TryParse(message, out FuseReply reply, out WireError error))
            return error.ToString();
        error = dialect.ReadEntryReply(opcode, reply, out WireEntry entry, out int errno);
        return error.IsError
            ? "refused"
            : $"{errno} {entry.Entry.nodeid} {entry.Handle.Type:x} "
                + Convert.ToHexString(entry.Handle.Bytes);
    }
}
