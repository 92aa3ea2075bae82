using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class DescriptorTests
{
    internal static int CountOpen() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    [Fact]
    public void Opening_and_failing_to_open_leak_no_descriptor()
    {
        using TempFolder folder = new();
        folder.Write("file", "x");
        Cycle(folder);
        int before = CountOpen();
        for (int i = 0; i < 200; i++)
            Cycle(folder);
        // The test host itself opens and closes files beside this test; a leak would be 1000.
        Assert.InRange(CountOpen() - before, -20, 20);
    }

    private static void Cycle(TempFolder folder)
    {
        using FileDescriptor path = folder.OpenPath("file");
        using FileDescriptor? open = Files.Reopen(path, OpenFlags.ReadOnly, out _);
        using FileDescriptor? twin = open!.Duplicate(out Errno errno);
        Assert.Equal(Errno.None, errno);
        Assert.Null(Files.OpenAt(folder.Descriptor, "absent\0"u8, 0, 0, out _));
        using WakeEvent wake = new();
        (PacketSocket first, PacketSocket second) = PacketSocket.CreatePair();
        first.Dispose();
        second.Dispose();
    }

    [Fact]
    public void A_closed_descriptor_is_refused_before_the_kernel_sees_its_number()
    {
        using TempFolder folder = new();
        folder.Write("file", "x");
        FileDescriptor fd = folder.Open("file", OpenFlags.ReadOnly);
        fd.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Files.Read(fd, new byte[1]));
    }

    [Fact]
    public void The_working_directory_cannot_be_closed()
    {
        FileDescriptor.WorkingDirectory.Dispose();
        Assert.Equal(Errno.None, Metadata.Statx(FileDescriptor.WorkingDirectory, ".\0"u8, 0,
            StatxMask.BasicStats, out _));
    }
}
