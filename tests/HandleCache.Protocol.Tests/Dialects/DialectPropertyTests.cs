using FsCheck;
using FsCheck.Fluent;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Wire;
using HandleCache.Tests.Shared;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

public class DialectPropertyTests
{
    private static readonly Gen<byte[]> AnyBytes =
        Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();

    public static TheoryData<string> Names() => new(DialectList.All.Select(d => d.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_reply_comes_back_with_its_handle(string name)
    {
        Dialect dialect = Created(name);
        Gen<(int Length, int Type, ulong NodeId, bool Create)> cases =
            from length in Gen.Choose(0, dialect.MaxHandleBytes)
            from type in Gen.Choose(1, int.MaxValue)
            from nodeid in Gen.Choose(1, int.MaxValue)
            from create in Gen.Elements(true, false)
            select (length, type, (ulong)nodeid << 20, create);
        SeededProperty.Check(
            Prop.ForAll(Arb.From(cases), one =>
            {
                FuseOpcode opcode = one.Create ? FuseOpcode.FUSE_CREATE : FuseOpcode.FUSE_LOOKUP;
                byte[] handle = new byte[one.Length];
                handle.AsSpan().Fill((byte)one.Type);
                byte[] trailing = new byte[one.Create ? 16 : 0];
                fuse_entry_out entry = new() { nodeid = one.NodeId, generation = 3 };
                byte[] room = new byte[1024];
                if (!dialect.TryWriteEntryReply(
                    room, opcode, 8, entry, (uint)one.Type, handle, trailing, out int written))
                {
                    return false;
                }

                byte[] expected = dialect.ReplyBrings(opcode) ? handle : [];
                return written == dialect.ReplyBytes(opcode, handle.Length)
                    && FuseReply.TryParse(room.AsSpan(0, written), out FuseReply reply, out _)
                    && !dialect.ReadEntryReply(opcode, reply, out WireEntry read, out _).IsError
                    && read.Entry.nodeid == one.NodeId
                    && read.Handle == FileHandle.FromWire((uint)one.Type, expected);
            }),
            tests: 300);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_bytes_make_a_reader_of_entries_throw_or_point_outside(string name)
    {
        Dialect dialect = Created(name);
        FuseOpcode[] opcodes =
            [FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_READDIRPLUS];
        byte[] good = GoodReply(dialect);
        Gen<byte[]> bodies = Gen.OneOf(AnyBytes, Damaged(good[FuseReply.HeaderBytes..]));
        SeededProperty.Check(
            Prop.ForAll(Arb.From(bodies), body =>
            {
                Assert.True(FuseReply.TryParse(Reply(8, 0, body), out FuseReply reply, out _));
                foreach (FuseOpcode opcode in opcodes)
                {
                    WireError fault = dialect.ReadEntryReply(
                        opcode, reply, out WireEntry entry, out _);
                    if (fault.IsError && fault.Position > body.Length + FuseReply.HeaderBytes)
                        return false;
                    if (!fault.IsError && entry.Bytes > body.Length)
                        return false;
                }

                DirentReader records = new(body, dialect);
                int count = 0;
                while (records.MoveNext())
                    count++;
                return count <= body.Length;
            }),
            tests: 2000);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void No_bytes_make_a_reader_of_requests_throw_or_point_outside(string name)
    {
        Dialect dialect = Created(name, everyRequest: true);
        byte[] good = GoodRequest(dialect);
        Gen<byte[]> messages = Gen.OneOf(
            Damaged(good),
            from body in AnyBytes
            from opcode in Gen.Choose(0, 60)
            from extensions in Gen.Choose(0, 3)
            select Framed(opcode, extensions, body));
        SeededProperty.Check(
            Prop.ForAll(Arb.From(messages), message =>
            {
                if (!FuseRequest.TryParse(message, out FuseRequest request, out WireError error))
                    return error.IsError;
                error = dialect.ReadRequest(request, out WireRequest wire);
                return error.IsError
                    ? error.Position >= 0 && error.Position <= message.Length
                    : wire.Body.Length + wire.Handle.Bytes.Length <= message.Length;
            }),
            tests: 3000);
    }

    private static Gen<byte[]> Damaged(byte[] good) =>
        from at in Gen.Choose(0, good.Length - 1)
        from value in Gen.Choose(0, 255)
        from cut in Gen.Choose(0, 10)
        select Damage(good, at, (byte)value, cut);

    private static byte[] Damage(byte[] good, int at, byte value, int cut)
    {
        byte[] bad = good[..Math.Max(1, good.Length - Math.Max(0, cut - 5))];
        bad[Math.Min(at, bad.Length - 1)] = value;
        return bad;
    }

    private static byte[] Framed(int opcode, int extensions, byte[] body)
    {
        byte[] message = Request((FuseOpcode)opcode, 1, body);
        message[36] = (byte)extensions;
        return message;
    }

    private static byte[] GoodReply(Dialect dialect)
    {
        byte[] room = new byte[1024];
        fuse_entry_out entry = new() { nodeid = 5 };
        Assert.True(dialect.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 8, entry, 1, dialect.CarriesHandles ? [1, 2, 3] : [],
            [], out int written));
        return room[..written];
    }

    private static byte[] GoodRequest(Dialect dialect)
    {
        byte[] room = new byte[1024];
        Assert.True(FuseRequest.TryParse(
            Request(FuseOpcode.FUSE_LOOKUP, 5, Name("name")), out FuseRequest classic, out _));
        Assert.True(dialect.TryWriteRequest(room, classic, 1, [1, 2, 3], out int written));
        return room[..written];
    }

    private static Dialect Created(string name, bool everyRequest = false)
    {
        Assert.True(DialectList.TryCreate(
            name, new() { HandleInEveryRequest = everyRequest }, out Dialect? dialect,
            out string? error), error);
        return dialect;
    }
}
