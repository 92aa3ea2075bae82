using HandleCache.Protocol.Handles;
using Xunit;

namespace HandleCache.Protocol.Tests.Handles;

public sealed class FileHandleTests
{
    [Fact]
    public void Two_handles_are_equal_when_type_length_and_bytes_are()
    {
        for (int length = 0; length <= 128; length++)
        {
            byte[] bytes = HandleBytes.Of(7, length);
            var handle = new FileHandle(0x30081, bytes);

            Assert.True(handle == new FileHandle(0x30081, (byte[])bytes.Clone()));
            Assert.True(handle != new FileHandle(0x20081, bytes), "upper type bits count");
            Assert.True(handle != new FileHandle(0x30081, [.. bytes, 0]), "length counts");
            for (int i = 0; i < length; i++)
            {
                byte[] other = (byte[])bytes.Clone();
                other[i] ^= 1;
                Assert.True(handle != new FileHandle(0x30081, other), $"byte {i} of {length}");
            }
        }
    }

    [Fact]
    public void Every_byte_the_type_and_the_length_change_the_hash()
    {
        var seen = new HashSet<ulong>();
        int added = 0;
        for (int length = 0; length <= 128; length++)
        {
            byte[] bytes = new byte[length];
            added += 2;
            seen.Add(new FileHandle(1, bytes).Hash64());
            seen.Add(new FileHandle(2, bytes).Hash64());
            for (int i = 0; i < length; i++)
            {
                bytes[i] = 1;
                added++;
                seen.Add(new FileHandle(1, bytes).Hash64());
                bytes[i] = 0;
            }
        }

        Assert.Equal(added, seen.Count);
    }

    [Fact]
    public void Hashes_of_counted_handles_spread_over_upper_and_lower_bits()
    {
        const int Count = 1 << 16;
        var upper = new HashSet<uint>();
        var lower = new HashSet<uint>();
        Span<byte> bytes = stackalloc byte[8];
        for (int i = 0; i < Count; i++)
        {
            BitConverter.TryWriteBytes(bytes, (ulong)i);
            ulong hash = new FileHandle(1, bytes).Hash64();
            upper.Add((uint)(hash >> 32));
            lower.Add((uint)hash);
        }

        // 65,536 balls in 2^32 boxes: fewer than ten collisions but for one chance in a billion.
        Assert.InRange(upper.Count, Count - 10, Count);
        Assert.InRange(lower.Count, Count - 10, Count);
    }

    [Fact]
    public void Only_type_0_without_bytes_means_no_handle()
    {
        Assert.True(default(FileHandle).IsNone);
        Assert.False(new FileHandle(1, []).IsNone);
        Assert.False(new FileHandle(0, [0]).IsNone);
    }

    [Fact]
    public void A_length_of_0_in_a_message_is_no_handle_whatever_its_type()
    {
        Assert.True(FileHandle.FromWire(0x81, []).IsNone);
        Assert.True(FileHandle.FromWire(0, [1]) == new FileHandle(0, [1]));
        Assert.True(FileHandle.FromWire(0x81, [1]) == new FileHandle(0x81, [1]));
    }

    [Fact]
    public void A_stored_handle_keeps_its_bytes_and_is_a_key_by_value()
    {
        byte[] bytes = [1, 2, 3];
        StoredHandle stored = new(new FileHandle(0x30081, bytes));
        bytes[0] = 9;
        Assert.True(stored.AsHandle() == new FileHandle(0x30081, [1, 2, 3]));
        Assert.Equal(3, stored.Length);

        HashSet<StoredHandle> set = [stored];
        Assert.Contains(new StoredHandle(new FileHandle(0x30081, [1, 2, 3])), set);
        Assert.DoesNotContain(new StoredHandle(new FileHandle(0x30081, bytes)), set);
        Assert.DoesNotContain(new StoredHandle(new FileHandle(0x81, [1, 2, 3])), set);
        Assert.DoesNotContain(new StoredHandle(new FileHandle(0x30081, [1, 2, 3, 0])), set);
        Assert.DoesNotContain(default, set);
        Assert.True(default(StoredHandle).IsNone);
        Assert.Equal(default, new StoredHandle(default));
        Assert.True(new StoredHandle(new FileHandle(1, [])) != default);
    }
}
