using System.Runtime.InteropServices;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Wire;
using Xunit;
using static HandleCache.Protocol.Tests.MessageBytes;

namespace HandleCache.Protocol.Tests;

public class ReplyTests
{
    [Theory]
    [InlineData(0, 8, true)]
    [InlineData(-2, 0, true)]
    [InlineData(-511, 0, true)]
    [InlineData(-512, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(-2, 8, false)]
    public void A_reply_has_an_error_of_the_kernels_range_or_a_body(
        int error, int bodyBytes, bool isValid) =>
        Assert.Equal(isValid, FuseReply.TryParse(
            Reply(4, error, new byte[bodyBytes]), out _, out _));

    [Fact]
    public void A_directory_record_takes_24_bytes_and_the_name_padded_to_8()
    {
        byte[] room = new byte[64];
        DirentWriter writer = new(room);
        Assert.True(writer.TryAdd(9, 1, 8, "a"u8));
        Assert.Equal(32, writer.WrittenBytes);
        Assert.True(writer.TryAdd(10, 2, 8, "12345678"u8));
        Assert.Equal(64, writer.WrittenBytes);
        Assert.False(writer.TryAdd(11, 3, 8, "b"u8));
        Assert.Equal(64, writer.WrittenBytes);
    }

    [Theory]
    [InlineData("classic", 152 + 8)]
    [InlineData("thread", 152 + 136 + 8)]
    public void A_plus_record_is_as_long_as_its_dialect_makes_it(string dialect, int bytes)
    {
        byte[] room = new byte[1024];
        DirentWriter writer = new(room);
        Dialect chosen = dialect == "thread" ? Dialect.Thread : Dialect.Classic;
        fuse_entry_out entry = new() { nodeid = 7 };
        Assert.True(writer.TryAddPlus(
            chosen, entry, 1, chosen.CarriesHandles ? [1, 2, 3, 4] : [], default, "name"u8));
        Assert.Equal(bytes, writer.WrittenBytes);
    }

    [Fact]
    public void Records_come_back_as_they_were_written_and_lose_only_their_handles_on_the_way()
    {
        byte[] room = new byte[4096];
        DirentWriter writer = new(room);
        for (ulong i = 1; i <= 5; i++)
        {
            fuse_entry_out entry = new() { nodeid = i, generation = i * 10 };
            fuse_dirent dirent = new() { ino = i + 100, off = i, type = 8 };
            byte[] handle = new byte[i * 25];
            handle.AsSpan().Fill((byte)i);
            Assert.True(writer.TryAddPlus(
                Dialect.Thread, entry, 0x30081, handle, dirent, Name($"file{i}").AsSpan()[..5]));
        }

        byte[] full = Reply(8, 0, room[..writer.WrittenBytes]);
        Assert.True(FuseReply.TryParse(full, out FuseReply reply, out _));
        DirentReader before = new(reply.Body, Dialect.Thread);
        byte[] classic = new byte[full.Length];
        WireError fault = ClassicReply.Convert(
            Dialect.Thread, FuseOpcode.FUSE_READDIRPLUS, reply, classic, out int bytes);
        Assert.False(fault.IsError, fault.ToString());
        Assert.Equal(16 + 5 * 160, bytes);
        Assert.True(FuseReply.TryParse(classic.AsSpan(0, bytes), out FuseReply stripped, out _));
        DirentReader after = new(stripped.Body, Dialect.Classic);
        for (ulong i = 1; i <= 5; i++)
        {
            Assert.True(before.MoveNext() && after.MoveNext());
            Assert.Equal((int)i * 25, before.Entry.Handle.Bytes.Length);
            Assert.Equal(0x30081u, before.Entry.Handle.Type);
            Assert.Equal(i, after.Entry.Entry.nodeid);
            Assert.Equal(i * 10, after.Entry.Entry.generation);
            Assert.Equal(i + 100, after.Dirent.ino);
            Assert.True(after.Name.SequenceEqual(before.Name));
        }

        Assert.False(before.MoveNext() || after.MoveNext());
    }

    public static TheoryData<string, int, int, bool> ThreadEntries() => new()
    {
        // what, body bytes, trailing bytes, is accepted; 128 + 136 = 264 is the full entry
        { "full entry", 264, 0, true },
        { "short, older entry", 128, 0, true },
        { "one byte short of the full one", 263, 0, false },
        { "one byte over", 265, 0, false },
        { "full entry and open_out", 280, 16, true },
        { "short entry and open_out", 144, 16, true },
        { "full entry and open_out of 7.47", 288, 16, true },
        { "short entry and open_out of 7.47", 152, 16, true },
        { "short entry, open_out between the two lengths", 148, 16, false },
        { "short entry, open_out longer than both", 156, 16, false },
        { "short entry, open_out missing", 128, 16, false },
        { "empty", 0, 0, false },
    };

    [Theory]
    [MemberData(nameof(ThreadEntries))]
    public void An_entry_of_the_thread_dialect_is_full_or_short_and_nothing_between(
        string what, int bodyBytes, int trailingBytes, bool isAccepted)
    {
        WireError error = Dialect.Thread.ReadEntry(
            new byte[bodyBytes], trailingBytes, out WireEntry entry);
        Assert.True(isAccepted != error.IsError, $"{what}: {error}");
        Assert.False(!entry.Handle.IsNone);
    }

    [Fact]
    public void A_handle_longer_than_128_bytes_is_an_invalid_reply_and_never_cut()
    {
        byte[] body = new byte[264];
        body[128] = 129;
        WireError error = Dialect.Thread.ReadEntry(body, 0, out _);
        Assert.Equal(new WireError(WireFault.BadValue, 128, 128, 129), error);
        Assert.False(Dialect.Thread.TryWriteEntry(
            new byte[512], default, 1, new byte[129], out _));
    }

    [Theory]
    [InlineData(128, 128)]
    [InlineData(12, 12)]
    [InlineData(0, 0)]
    [InlineData(129, 0)]
    public void The_server_opts_in_with_a_maximum_of_1_to_128_or_handles_stay_off(
        int maximum, int agreed)
    {
        fuse_init_in offer = new() { flags = 1u << 30 };
        HandleOffer.Offer(ref offer, Dialect.Thread);
        Assert.Equal(1u << 11, offer.flags2);
        Assert.True(HandleOffer.IsOffered(offer, Dialect.Thread));
        fuse_init_out answer = default;
        HandleOffer.Accept(ref answer, Dialect.Thread, maximum);
        Assert.Equal(agreed, HandleOffer.Read(answer, Dialect.Thread).MaxHandleBytes);
        byte[] bytes = Struct(answer);
        Assert.Equal(maximum, MemoryMarshal.Read<ushort>(bytes.AsSpan(42)));
    }

    [Fact]
    public void Not_opting_in_leaves_the_bytes_of_init_as_they_are_today()
    {
        fuse_init_out answer = new() { flags = 1u << 30, flags2 = 5 };
        byte[] before = Struct(answer);
        Assert.Equal(HandleAgreement.Classic, HandleOffer.Read(answer, Dialect.Thread));
        HandleOffer.Withdraw(ref answer, Dialect.Thread);
        Assert.Equal(before, Struct(answer));
        fuse_init_in offer = default;
        HandleOffer.Offer(ref offer, Dialect.Classic);
        Assert.Equal(new byte[64], Struct(offer));
    }
}
