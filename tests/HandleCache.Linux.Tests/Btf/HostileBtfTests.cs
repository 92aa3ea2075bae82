using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;
using HandleCache.Linux.Btf;
using Xunit;

namespace HandleCache.Linux.Tests.Btf;

/// <summary>
/// Truncated, lying and looping BTF is an error value, never a throw, hang or crash.
/// </summary>
public sealed class HostileBtfTests
{
    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] whole = BtfBlob.Small();
        for (int length = 0; length < whole.Length; length++)
        {
            bool ok = BtfFile.TryParse(whole.AsMemory(0, length), null, out _, out BtfError error);
            Assert.False(ok, $"{length} of {whole.Length} bytes were taken for BTF");
            Assert.False(string.IsNullOrEmpty(error.Message));
            Assert.InRange(error.Offset, 0, length);
        }
    }

    [Theory]
    [InlineData(0, 0x0001eb9eu, 0, "magic is 0xeb9e")]
    [InlineData(0, 0x00019febu, 0, "big-endian BTF")]
    [InlineData(0, 0x0002eb9fu, 2, "version 2")]
    [InlineData(0, 0x0101eb9fu, 3, "flags 0x01")]
    [InlineData(4, 20u, 4, "header length 20")]
    [InlineData(4, 0xffffffffu, 4, "header length 4294967295")]
    [InlineData(8, 2u, 8, "not aligned")]
    [InlineData(8, 0xfffffffcu, 12, "types end at")]
    [InlineData(12, 0xffffffffu, 12, "types end at 4294967319")]
    [InlineData(16, 0u, 16, "types and strings overlap")]
    [InlineData(16, 0xffffffffu, 20, "strings end at")]
    [InlineData(20, 0xffffffffu, 20, "strings end at")]
    [InlineData(24, 0xfffffff0u, 24, "name offset 4294967280 is past")]
    [InlineData(28, 0x1f000000u, 28, "unknown kind 31")]
    [InlineData(28, 0x41000000u, 28, "reserved bits")]
    [InlineData(28, 0x0400ffffu, 24, "Struct needs 786420 more bytes")]
    public void A_lying_word_is_refused_and_its_place_told(
        int at, uint word, long offset, string message)
    {
        byte[] blob = BtfBlob.Small();
        BtfBlob.Put(blob, at, word);
        Assert.False(BtfFile.TryParse(blob, null, out BtfFile? file, out BtfError error));
        Assert.Null(file);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Fact]
    public void Bytes_that_no_section_holds_are_refused()
    {
        byte[] blob = [.. BtfBlob.Small(), 0];
        Assert.False(BtfFile.TryParse(blob, null, out _, out BtfError error));
        Assert.Contains("no section holds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Strings_begin_and_end_with_a_zero()
    {
        byte[] blob = BtfBlob.Small();
        int strings = 24 + BitConverter.ToInt32(blob, 16);
        byte[] first = [.. blob];
        first[strings] = (byte)'x';
        Assert.False(BtfFile.TryParse(first, null, out _, out BtfError error));
        Assert.Contains("first string", error.Message, StringComparison.Ordinal);
        blob[^1] = (byte)'x';
        Assert.False(BtfFile.TryParse(blob, null, out _, out error));
        Assert.Contains("string without end", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_does_not_exist_is_refused()
    {
        BtfBlob blob = new();
        blob.Pointer(99);
        Assert.False(BtfFile.TryParse(blob.Bytes(), null, out _, out BtfError error));
        Assert.Equal(new BtfError(32, "type 99 does not exist, the last is 1"), error);
    }

    [Fact]
    public void A_typedef_of_itself_is_refused() => Refused("contains itself", blob =>
    {
        int self = blob.NextId;
        blob.Typedef("self", self);
        blob.Struct("bad", 4, false, ("m", self, 0, 0));
    });

    [Fact]
    public void A_struct_within_itself_is_refused() => Refused("contains itself", blob =>
        blob.Struct("bad", 4, false, ("m", blob.NextId, 0, 0)));

    [Fact]
    public void Two_structs_within_each_other_are_refused() => Refused("contains itself", blob =>
    {
        int first = blob.NextId;
        blob.Struct("bad", 4, false, ("m", first + 1, 0, 0));
        blob.Struct("other", 4, false, ("m", first, 0, 0));
    });

    [Fact]
    public void An_array_of_itself_is_refused() => Refused("contains itself", blob =>
    {
        int self = blob.NextId;
        blob.Array(self, 2);
        blob.Struct("bad", 4, false, ("m", self, 0, 0));
    });

    [Fact]
    public void A_chain_of_a_thousand_typedefs_is_refused() => Refused("nest deeper", blob =>
    {
        int type = blob.Integer("int", 4);
        for (int i = 0; i < 1000; i++)
            type = blob.Typedef("t", type);
        blob.Struct("bad", 4, false, ("m", type, 0, 0));
    });

    [Fact]
    public void An_array_larger_than_memory_is_refused() => Refused("an array of", blob =>
    {
        int array = blob.Array(blob.Array(blob.Integer("int", 4), 0xffff), 0xffffffff);
        blob.Struct("bad", 4, false, ("m", array, 0, 0));
    });

    [Fact]
    public void A_member_past_the_end_is_refused() => Refused("ends after", blob =>
        blob.Struct("bad", 4, false, ("m", blob.Integer("int", 4), 8, 0)));

    [Fact]
    public void Structs_that_double_at_each_level_are_refused_at_once()
    {
        Stopwatch watch = Stopwatch.StartNew();
        Refused("too many members", blob =>
        {
            int type = blob.Integer("int", 4);
            for (int i = 0; i < 30; i++)
                type = blob.Struct("", 4, true, ("", type, 0, 0), ("", type, 0, 0));
            blob.Struct("bad", 4, false, ("m", type, 0, 0));
        });
        Assert.InRange(watch.ElapsedMilliseconds, 0, 2_000);
    }

    [Fact]
    public void Functions_that_double_at_each_level_are_written_short()
    {
        BtfBlob blob = new();
        int type = blob.Integer("int", 4);
        for (int i = 0; i < 60; i++)
        {
            int proto = blob.Record(
                13, "", 2, false, (uint)type, 0, (uint)type, 0, (uint)type);
            type = blob.Pointer(proto);
        }

        blob.Struct("deep", 8, false, ("m", type, 0, 0));
        BtfMember member = BtfStructTests.Read(blob.Bytes(), "deep").Members[0];
        Assert.InRange(member.TypePrefix.Length + member.TypeSuffix.Length, 1, 10_000);
    }

    [Fact]
    public void No_change_of_some_bytes_makes_the_reader_throw()
    {
        byte[] whole = BtfBlob.Small();
        Gen<(int, byte)[]> changes = Gen.Choose(0, whole.Length - 1)
            .SelectMany(at => Gen.Choose(0, 255).Select(value => (at, (byte)value)))
            .ArrayOf(4);
        Prop.ForAll(changes.ToArbitrary(), edits =>
        {
            byte[] blob = [.. whole];
            foreach ((int at, byte value) in edits)
                blob[at] = value;
            if (!BtfFile.TryParse(blob, null, out BtfFile? file, out BtfError error))
                return !string.IsNullOrEmpty(error.Message);
            foreach (string name in (string[])["small", "pair", "p", ""])
                BtfStructReader.TryRead(file!, name, out _, out _);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));
    }

    private static void Refused(string message, Action<BtfBlob> build)
    {
        BtfBlob blob = new();
        build(blob);
        Assert.True(
            BtfFile.TryParse(blob.Bytes(), null, out BtfFile? file, out BtfError error),
            error.ToString());
        Assert.False(BtfStructReader.TryRead(file!, "bad", out BtfStruct? read, out error));
        Assert.Null(read);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
