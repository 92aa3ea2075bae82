using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Handles;
using Xunit;

namespace HandleCache.Model.Tests.Inodes;

/// <summary>
/// The slot of T1 (PROPOSALS.md, section 7), and fanotify's external buffer rule.
/// </summary>
public sealed class HandleSlotTests
{
    private static readonly string[] _strategies =
    [
        "none", "inline:0", "inline:4", "inline:8", "inline:12", "inline:13", "inline:16",
        "inline:128", "inline:12+cache:64", "inline-only:12", "static:128", "pointer",
        "pointer-max:128",
    ];

    [Theory]
    [InlineData("inline:12", 12)]
    [InlineData("inline:0", 12)]
    [InlineData("inline:4", 12)]
    [InlineData("inline:20", 20)]
    [InlineData("inline-only:4", 4)]
    [InlineData("static:128", 128)]
    [InlineData("pointer", 12)]
    [InlineData("pointer-max:128", 12)]
    [InlineData("none", 0)]
    public void A_buffer_is_N_bytes_and_12_at_least_where_a_longer_handle_may_spill(
        string strategy, int bufferBytes)
    {
        var slot = new HandleSlot(HandleStrategy.Parse(strategy));

        Assert.Equal(bufferBytes, slot.BufferBytes);
        Assert.Equal(HandleStrategy.Parse(strategy).InlineBytes, slot.InlineBytes);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(4, 4)]
    [InlineData(8, 0)]
    [InlineData(20, 4)]
    public void The_reference_lies_at_the_8_aligned_offset(int bufferPosition, int expected) =>
        Assert.Equal(expected, HandleSlot.ReferenceOffset(bufferPosition));

    [Fact]
    public void What_is_stored_is_read_back_for_every_strategy_length_and_alignment()
    {
        foreach (string text in _strategies)
        {
            HandleStrategy strategy = HandleStrategy.Parse(text);
            var slot = new HandleSlot(strategy);
            for (int length = 0; length <= 130; length++)
            {
                StoreAndRead(strategy, slot, length, position: 0);
                StoreAndRead(strategy, slot, length, position: 36);
            }
        }
    }

    [Fact]
    public void A_slot_writes_its_type_its_two_state_bits_and_its_buffer_and_nothing_else()
    {
        foreach (string text in _strategies)
        {
            HandleStrategy strategy = HandleStrategy.Parse(text);
            var slot = new HandleSlot(strategy);
            using SpillPool pool = HandleSlot.PoolFor(strategy);
            for (int length = 0; length <= slot.MaxLength; length++)
            {
                byte[] bytes = new byte[20 + slot.BufferBytes + 16];
                bytes.AsSpan().Fill(0xA5);
                var record = new InodeRecord(ref bytes[0]) { TypeAndState = 0xA001 };
                slot.TryStore(record, HandleBytes.HandleOf(1, length), pool);

                Assert.Equal(-1, bytes.AsSpan(0, 12).IndexOfAnyExcept((byte)0xA5));
                Assert.Equal(-1, bytes.AsSpan(16, 2).IndexOfAnyExcept((byte)0xA5));
                Assert.Equal(0xA001, record.TypeAndState & 0xF03F);
                Assert.Equal(
                    -1, bytes.AsSpan(20 + slot.BufferBytes).IndexOfAnyExcept((byte)0xA5));
                slot.Release(record, pool);
            }
        }
    }

    private static void StoreAndRead(
        HandleStrategy strategy, HandleSlot slot, int length, int position)
    {
        string what = $"{strategy}, {length} bytes at {position}";
        SpillPool pool = HandleSlot.PoolFor(strategy);
        byte[] bytes = new byte[position + 20 + slot.BufferBytes];
        var record = new InodeRecord(ref bytes[position]);
        var handle = new FileHandle(0x30081, HandleBytes.Of(5, length));
        HandleStorage storage = strategy.StorageOf(length);
        slot.Clear(record);
        Assert.True(slot.IsNone(record), what);
        Assert.True(slot.Matches(record, default, pool), what);
        Assert.True(slot.Matches(record, handle, pool) == !slot.Keeps, what);

        bool stored = slot.TryStore(record, handle, pool);

        Assert.True(stored == (storage != HandleStorage.Refused), what);
        Assert.True(pool.Outstanding == (storage == HandleStorage.External ? 1 : 0), what);
        if (!stored)
            return;
        Assert.True(slot.Matches(record, handle, pool), what);
        if (storage != HandleStorage.None)
        {
            Assert.True(slot.Read(record, pool) == handle, what);
            Others(slot, record, length, pool, what);
        }

        slot.Release(record, pool);
        Assert.True(slot.IsNone(record), what);
        pool.Dispose();
    }

    private static void Others(
        HandleSlot slot, InodeRecord record, int length, SpillPool pool, string what)
    {
        byte[] same = HandleBytes.Of(5, length);
        Assert.False(slot.Matches(record, new(0x81, same), pool), what);
        Assert.False(slot.Matches(record, default, pool), what);
        Assert.False(slot.Matches(record, new(0x30081, [.. same, 1]), pool), what);
        if (length == 0)
            return;
        Assert.False(slot.Matches(record, new(0x30081, same.AsSpan(..^1)), pool), what);
        same[^1] ^= 1;
        Assert.False(slot.Matches(record, new(0x30081, same), pool), what);
    }
}
