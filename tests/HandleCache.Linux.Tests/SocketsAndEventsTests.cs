using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class SocketsAndEventsTests
{
    [Fact]
    public void A_packet_keeps_its_bounds_and_carries_descriptors()
    {
        using TempFolder folder = new();
        folder.Write("file", "passed on");
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (first)
        using (second)
        {
            using (FileDescriptor file = folder.Open("file", OpenFlags.ReadOnly))
                Assert.Equal(7, first.Send("head"u8, "bod"u8, [file]).Value);
            Assert.Equal(2, first.Send("hi"u8).Value);
            List<FileDescriptor> received = [];
            byte[] buffer = new byte[64];
            Assert.Equal(Errno.None, second.Receive(buffer, out ReceivedPacket one, received));
            Assert.Equal(new ReceivedPacket(7, false, 0), one);
            Assert.Equal("headbod"u8, buffer.AsSpan(0, 7));
            using FileDescriptor passed = Assert.Single(received);
            Assert.Equal(9, Files.Read(passed, buffer).Value);
            Assert.Equal(Errno.None, second.Receive(buffer, out ReceivedPacket two, received));
            Assert.Equal(2, two.LengthBytes);
            Assert.Equal(Errno.EAGAIN, second.Receive(buffer, out _, null, wait: false));
        }
    }

    [Fact]
    public void A_packet_larger_than_the_buffer_is_reported_as_truncated()
    {
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (first)
        using (second)
        {
            first.Send(new byte[100]);
            Assert.Equal(Errno.None, second.Receive(new byte[10], out ReceivedPacket got, null));
            Assert.Equal(new ReceivedPacket(10, true, 0), got);
        }
    }

    [Fact]
    public void Descriptors_nobody_asked_for_are_closed()
    {
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (first)
        using (second)
        {
            int before = DescriptorTests.CountOpen();
            for (int i = 0; i < 100; i++)
            {
                first.Send("x"u8, default, [first.Descriptor]);
                Assert.Equal(Errno.None, second.Receive(new byte[4], out _, null));
            }

            Assert.InRange(DescriptorTests.CountOpen() - before, -10, 10);
        }
    }

    [Fact]
    public void The_close_of_one_end_is_a_receive_of_zero_bytes_and_EPIPE_for_a_send()
    {
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (second)
        {
            first.Dispose();
            Assert.Equal(Errno.None, second.Receive(new byte[4], out ReceivedPacket got, null));
            Assert.Equal(0, got.LengthBytes);
            Assert.Equal(Errno.EPIPE, second.Send("x"u8).Errno);
        }
    }

    [Fact]
    public void A_wake_event_ends_the_wait_of_every_poller_and_stays_set()
    {
        using WakeEvent wake = new();
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (first)
        using (second)
        {
            Assert.Equal(0, Poller.WaitReadable(
                first.Descriptor, wake.Descriptor, 0, out _, out _).Value);
            Thread setter = new(() =>
            {
                Thread.Sleep(20);
                wake.Set();
            });
            setter.Start();
            Assert.Equal(1, Poller.WaitReadable(
                first.Descriptor, wake.Descriptor, 10_000, out short a, out short b).Value);
            Assert.Equal((0, Poller.In), (a, b));
            setter.Join();
            second.Send("x"u8);
            Assert.Equal(2, Poller.WaitReadable(
                first.Descriptor, wake.Descriptor, 0, out a, out b).Value);
            Assert.Equal((Poller.In, Poller.In), (a, b));
        }
    }

    [Fact]
    public void A_message_names_its_sender_where_that_is_asked_for()
    {
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        using (first)
        using (second)
        {
            byte[] buffer = new byte[8];
            second.NameSenders();
            first.Send([1, 2, 3], descriptors: [first.Descriptor]);
            List<FileDescriptor> descriptors = [];
            Assert.Equal(Errno.None, second.Receive(buffer, out ReceivedPacket got, descriptors));
            Assert.Equal(new ReceivedPacket(3, false, Environment.ProcessId), got);
            Assert.Single(descriptors).Dispose();
        }
    }
}
