using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;
using Xunit;

namespace HandleCache.Server.Tests.Channels;

/// <summary>The in-memory pair: whole messages, in order, to one taker each.</summary>
public sealed class MemoryChannelTests
{
    [Fact]
    public void Messages_of_any_length_come_whole_and_in_order()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        Random random = new(7);
        Queue<byte[]> sent = new();
        byte[] buffer = new byte[200_000];
        for (int i = 0; i < 3000; i++)
        {
            if (sent.Count == 0 || random.Next(100) < 52)
            {
                byte[] message = new byte[random.Next(1, i % 100 == 0 ? 150_000 : 700)];
                random.NextBytes(message);
                sent.Enqueue(message);
                Assert.True(channel.Client.Send(message));
            }
            else
            {
                SysResult got = port.Receive(buffer);
                Assert.Equal(sent.Dequeue(), buffer[..(int)got.Value]);
            }
        }
    }

    [Fact]
    public void Two_ports_share_the_requests_and_none_is_lost_or_doubled()
    {
        const int Count = 20_000;
        using MemoryChannel channel = new();
        int[] seen = new int[Count];
        Thread[] threads = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            using IChannelPort port = channel.OpenPort();
            byte[] buffer = new byte[64];
            while (port.Receive(buffer).Value > 0)
                Interlocked.Increment(ref seen[BitConverter.ToInt32(buffer)]);
        }))];
        Array.ForEach(threads, thread => thread.Start());
        for (int i = 0; i < Count; i++)
            channel.Client.Send(BitConverter.GetBytes(i));
        Assert.True(SpinWait.SpinUntil(
            () => seen.Sum() == Count, TimeSpan.FromSeconds(20)), "requests are missing");
        channel.Close();
        Array.ForEach(threads, thread => thread.Join());

        Assert.DoesNotContain(seen, times => times != 1);
    }

    [Fact]
    public void A_request_longer_than_the_buffer_is_EINVAL_and_stays()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        channel.Client.Send(new byte[100]);

        Assert.Equal(Errno.EINVAL, port.Receive(new byte[99]).Errno);
        Assert.Equal(100, port.Receive(new byte[100]).Value);
    }

    [Fact]
    public void A_closed_channel_gives_the_server_0_and_takes_no_more_requests()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        channel.Client.Send([1, 2, 3]);
        channel.Close();
        channel.Close();

        SysResult got = port.Receive(new byte[10]);
        Assert.False(got.Failed);
        Assert.Equal(0, got.Value);
        Assert.False(channel.Client.Send([1]));
    }

    [Fact]
    public void Replies_sent_before_the_close_are_still_received()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        Assert.Equal(Errno.None, port.Send(new byte[16]));
        channel.Client.Close();
        Assert.Equal(Errno.ENODEV, port.Send(new byte[16]));

        Assert.True(channel.Client.TryReceive(new byte[16], TimeSpan.Zero, out int length));
        Assert.Equal(16, length);
        Assert.False(channel.Client.TryReceive(new byte[16], TimeSpan.Zero, out length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void No_reply_within_the_time_is_false()
    {
        using MemoryChannel channel = new();

        Assert.False(channel.Client.TryReceive(
            new byte[16], TimeSpan.FromMilliseconds(20), out int length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void The_reply_to_an_abandoned_request_is_ENOENT_once()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        byte[] reply = new byte[16];
        reply[0] = 16;
        reply[8] = 42; // unique
        channel.Client.Abandon(42);

        Assert.Equal(Errno.ENOENT, port.Send(reply));
        Assert.Equal(Errno.None, port.Send(reply));
    }

    [Fact]
    public void A_message_costs_no_allocation_once_the_queues_have_grown()
    {
        using MemoryChannel channel = new();
        using IChannelPort port = channel.OpenPort();
        byte[] message = new byte[500];
        byte[] buffer = new byte[500];
        RoundTrips(channel, port, message, buffer);

        long before = GC.GetAllocatedBytesForCurrentThread();
        RoundTrips(channel, port, message, buffer);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void RoundTrips(
        MemoryChannel channel, IChannelPort port, byte[] message, byte[] buffer)
    {
        for (int i = 0; i < 10_000; i++)
        {
            channel.Client.Send(message);
            port.Receive(buffer);
            port.Send(message);
            channel.Client.TryReceive(buffer, TimeSpan.FromSeconds(1), out _);
        }
    }
}
