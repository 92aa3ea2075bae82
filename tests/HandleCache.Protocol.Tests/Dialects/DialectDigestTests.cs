using System.Runtime.InteropServices;
using System.Security.Cryptography;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests.Dialects;

/// <summary>
/// Every message of a dialect with a handle of every length, as one digest: what a dialect sends
/// stays what it was, whoever writes it. Those of thread, v2 and their exports were taken when each
/// had a codec of its own.
/// </summary>
public sealed class DialectDigestTests
{
    private static readonly FuseOpcode[] Entries =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_MKNOD,
        FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_SYMLINK, FuseOpcode.FUSE_LINK,
        FuseOpcode.FUSE_TMPFILE,
    ];

    [Theory]
    [InlineData("classic", "1E256166B39FC67277E6D501E2128B3A")]
    [InlineData("thread", "F9EC5F021322F66B74F97C108BF0A5D4")]
    [InlineData("v2", "5B4A39B86896E4E49D287C86300E2FAB")]
    [InlineData("v3", "0960DD7CBDE8F01A688182E187DED869")]
    [InlineData("fusex", "C7BC0A74DEDC5E001DD77A5E8062A7A3")]
    public void A_dialects_messages_are_what_they_were(string name, string digest)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Assert.True(DialectList.TryParse(name, out Dialect? dialect, out _));
        foreach (bool every in new[] { false, true })
        {
            Dialect made = dialect!.With(new DialectOptions { HandleInEveryRequest = every });
            for (int length = 0; length <= made.MaxHandleBytes; length++)
            {
                byte[] handle = [.. Enumerable.Range(1, length).Select(i => (byte)i)];
                Requests(made, handle, hash);
                Replies(made, handle, hash);
                Export(made, handle, hash);
            }

            Init(made, hash);
        }

        Assert.Equal(digest, Convert.ToHexString(hash.GetHashAndReset())[..32]);
    }

    private static void Requests(Dialect dialect, byte[] handle, IncrementalHash hash)
    {
        byte[] room = new byte[4096];
        foreach (FuseOpcode opcode in Enum.GetValues<FuseOpcode>())
        {
            RequestShape shape = Operation.Of(opcode).Request;
            byte[] classic = Request(
                opcode, 7,
                [
                    new byte[shape.FixedBytes],
                    .. Enumerable.Range(0, shape.Names).Select(_ => Name("name")),
                ]);
            if (!FuseRequest.TryParse(classic, out FuseRequest request, out _)
                || !dialect.TryWriteRequest(room, request, 0x30081, handle, out int bytes))
            {
                continue;
            }

            Assert.Equal(
                dialect.RequestBytes(opcode, classic.Length, handle.Length), bytes);
            hash.AppendData(room.AsSpan(0, bytes));
        }
    }

    private static void Replies(Dialect dialect, byte[] handle, IncrementalHash hash)
    {
        byte[] room = new byte[4096];
        fuse_entry_out entry = new()
        {
            nodeid = 5,
            generation = 6,
            entry_valid = 7,
            attr_valid = 8,
            attr = new fuse_attr { ino = 9, mode = 0x81A4, nlink = 1 },
        };
        foreach (FuseOpcode opcode in Entries)
        {
            byte[] sent = dialect.ReplyBrings(opcode) ? handle : [];
            byte[] trailing = new byte[Operation.Of(opcode).TrailingBytes];
            Assert.True(dialect.TryWriteEntryReply(
                room, opcode, 2, entry, 0x30081, sent, trailing, out int bytes));
            hash.AppendData(room.AsSpan(0, bytes));
        }

        DirentWriter writer = new(room);
        byte[] listed = dialect.ReplyBrings(FuseOpcode.FUSE_READDIRPLUS) ? handle : [];
        Assert.True(writer.TryAddPlus(
            dialect, entry, 0x30081, listed, new fuse_dirent { ino = 5, type = 8 }, "name"u8));
        hash.AppendData(room.AsSpan(0, writer.WrittenBytes));
    }

    private static void Export(Dialect dialect, byte[] handle, IncrementalHash hash)
    {
        byte[] room = new byte[512];
        foreach (bool withParent in new[] { false, true })
        {
            room.AsSpan().Clear();
            bool fits = dialect.Export.TryWrite(
                room, new ExportedNode(5, 6, new(0x30081, handle)), withParent,
                new ExportedNode(7, 8, new(0x81, handle)), out int type, out int bytes);
            hash.AppendData([(byte)type, fits ? (byte)1 : (byte)0]);
            hash.AppendData(room.AsSpan(0, fits ? bytes : 0));
        }
    }

    private static void Init(Dialect dialect, IncrementalHash hash)
    {
        fuse_init_in init = default;
        HandleOffer.Offer(ref init, dialect);
        fuse_init_out answer = default;
        HandleOffer.Accept(ref answer, dialect, dialect.MaxHandleBytes);
        hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_init_in>(in init)));
        hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<fuse_init_out>(in answer)));
    }
}
