using HandleCache.Model.Handles;
using Xunit;

namespace HandleCache.Model.Tests.Handles;

/// <summary>
/// The slot of design.md, "The handle slot", and fanotify's external buffer rule.
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
    [InlineData("inline:12", 6 + 12)]
    [InlineData("inline:0", 6 + 8)]
    [InlineData("inline:4", 6 + 8)]
    [InlineData("inline:20", 6 + 20)]
    [InlineData("inline-only:4", 6 + 4)]
    [InlineData("static:128", 6 + 128)]
    [InlineData("pointer", 6 + 8)]
    [InlineData("pointer-max:128", 6 + 8)]
    [InlineData("none", 6)]
    public void A_slot_is_its_header_and_N_bytes_and_8_at_least_where_it_may_hold_a_reference(
        string strategy, int sizeBytes)
    {
        var slot = new HandleSlot(HandleStrategy.Parse(strategy), 18);

        Assert.Equal(sizeBytes, slot.SizeBytes);
        Assert.Equal(HandleStrategy.Parse(strategy).InlineBytes, slot.InlineBytes);
    }

    [Theory]
    [InlineData(0, 12, 0)]
    [InlineData(4, 12, 4)]
    [InlineData(0, 8, 0)]
    [InlineData(4, 8, 0)]
    [InlineData(12, 16, 4)]
    public void The_reference_lies_at_the_8_aligned_offset_if_the_buffer_has_room_there(
        int bufferPosition, int capacity, int expected) =>
        Assert.Equal(expected, HandleSlot.ReferenceOffset(bufferPosition, capacity));

    [Fact]
    public void What_is_stored_is_read_back_for_every_strategy_length_and_alignment()
    {
        foreach (string text in _strategies)
        {
            HandleStrategy strategy = HandleStrategy.Parse(text);
            var slot = new HandleSlot(strategy, 18);
            for (int length = 0; length <= 130; length++)
            {
                StoreAndRead(strategy, slot, length, position: 0);
                StoreAndRead(strategy, slot, length, position: 36);
            }
        }
    }

    [Fact]
    public void A_slot_never_writes_past_its_end()
    {
        foreach (string text in _strategies)
        {
            HandleStrategy strategy = HandleStrategy.Parse(text);
            var slot = new HandleSlot(strategy, 18);
            using SpillPool pool = HandleSlot.PoolFor(strategy);
            for (int length = 0; length <= slot.MaxLength; length++)
            {
                byte[] record = new byte[18 + slot.SizeBytes + 16];
                record.AsSpan().Fill(0xA5);
                slot.TryStore(ref record[0], 0, HandleBytes.HandleOf(1, length), pool);

                Assert.Equal(-1, record.AsSpan(0, 18).IndexOfAnyExcept((byte)0xA5));
                Assert.Equal(-1, record.AsSpan(18 + slot.SizeBytes).IndexOfAnyExcept((byte)0xA5));
                slot.Release(ref record[0], 0, pool);
            }
        }
    }

    private static void StoreAndRead(
        HandleStrategy strategy, HandleSlot slot, int length, int position)
    {
        string what = $"{strategy}, {length} bytes at {position}";
        using SpillPool pool = HandleSlot.PoolFor(strategy);
        byte[] record = new byte[18 + slot.SizeBytes];
        var handle = new FileHandle(0x30081, HandleBytes.Of(5, length));
        HandleStorage storage = strategy.StorageOf(length);

        bool stored = slot.TryStore(ref record[0], position, handle, pool);

        Assert.True(stored == (storage != HandleStorage.Refused), what);
        Assert.True(pool.Outstanding == (storage == HandleStorage.External ? 1 : 0), what);
        if (!stored)
            return;
        if (storage != HandleStorage.None)
        {
            Assert.True(slot.Read(ref record[0], position, pool) == handle, what);
            Assert.Equal(0x30081u, slot.Read(ref record[0], position, pool).Type);
            var other = new FileHandle(0x30081, HandleBytes.Of(6, length));
            Assert.True(
                slot.Matches(ref record[0], position, other, pool) == (length == 0), what);
        }

        Assert.True(slot.Matches(ref record[0], position, handle, pool), what);
        slot.Release(ref record[0], position, pool);
        Assert.True(slot.IsNone(ref record[0]), what);
    }
}
