using HandleCache.Server.Synthetic;
using Xunit;

namespace HandleCache.Server.Tests.Synthetic;

/// <summary>Handles of the synthetic tree: lengths, types, determinism.</summary>
public sealed class SyntheticHandleTests
{
    [Fact]
    public void The_first_ten_objects_have_the_ten_lengths_that_matter()
    {
        int[] expected = [0, 4, 8, 12, 13, 16, 20, 40, 127, 128];
        Assert.Equal(expected, Enumerable.Range(0, 10).Select(id => Handle(3, (ulong)id).Length));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0xFFFFFFFFFFFFFFFF)]
    public void Every_length_from_0_to_128_occurs(ulong seed)
    {
        HashSet<int> lengths = [.. Enumerable.Range(0, 10_000)
            .Select(id => Handle(seed, (ulong)id).Length)];
        Assert.Equal(Enumerable.Range(0, 129), lengths.Order());
    }

    [Fact]
    public void A_handle_depends_on_seed_and_id_alone()
    {
        Assert.Equal(Convert.ToHexString(Handle(5, 77).Bytes),
            Convert.ToHexString(Handle(5, 77).Bytes));
        Assert.NotEqual(Handle(5, 8).Bytes, Handle(6, 8).Bytes);
        Assert.NotEqual(Handle(5, 8).Bytes, Handle(5, 18).Bytes);
    }

    [Fact]
    public void Handles_of_8_bytes_and_more_are_all_different()
    {
        byte[] buffer = new byte[128];
        HashSet<string> seen = [];
        for (ulong id = 0; id < 100_000; id++)
        {
            (_, int length) = SyntheticHandle.Fill(
                1, id, SyntheticHandleMix.Fixed, 8, buffer);
            Assert.Equal(8, length);
            Assert.True(seen.Add(Convert.ToHexString(buffer.AsSpan(0, 8))), $"id {id}");
        }
    }

    [Fact]
    public void Nothing_behind_the_length_is_touched()
    {
        byte[] buffer = [.. Enumerable.Repeat((byte)0xAA, 128)];
        (_, int length) = SyntheticHandle.Fill(
            1, 4, SyntheticHandleMix.Fixed, 13, buffer);
        Assert.Equal(13, length);
        Assert.DoesNotContain(buffer[13..], b => b != 0xAA);
    }

    [Fact]
    public void Ext4_handles_are_8_bytes_of_type_1()
    {
        byte[] buffer = new byte[128];
        for (ulong id = 0; id < 1000; id++)
        {
            Assert.Equal((1u, 8), SyntheticHandle.Fill(
                9, id, SyntheticHandleMix.Ext4, 0, buffer));
        }
    }

    [Fact]
    public void Types_are_never_0_or_255_and_some_need_more_than_16_bits()
    {
        List<uint> types = [.. Enumerable.Range(0, 5000).Select(id => Handle(1, (ulong)id).Type)];
        Assert.DoesNotContain(types, type => (type & 0xFFFF) is 0 or >= 0xFF);
        Assert.Contains(types, type => type >> 16 == 3);
        Assert.Contains(types, type => type >> 16 == 0);
    }

    private static (uint Type, int Length, byte[] Bytes) Handle(ulong seed, ulong id)
    {
        byte[] buffer = new byte[128];
        (uint type, int length) = SyntheticHandle.Fill(seed, id, buffer);
        return (type, length, buffer[..length]);
    }
}
