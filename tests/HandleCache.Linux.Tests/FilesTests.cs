using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class FilesTests
{
    private const int SeekData = 3;
    private const int SeekHole = 4;

    [Fact]
    public void Bytes_written_at_an_offset_are_read_back_there()
    {
        using TempFolder folder = new();
        using FileDescriptor fd = folder.Open("file",
            OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, FileModes.Octal644);
        Assert.Equal(5, Files.WriteAt(fd, "hello"u8, 1_000_000).Value);
        byte[] read = new byte[10];
        Assert.Equal(5, Files.ReadAt(fd, read, 1_000_000).Value);
        Assert.Equal("hello"u8, read.AsSpan(0, 5));
        Assert.Equal(0, Files.ReadAt(fd, read, 2_000_000).Value);
        Assert.Equal(Errno.None, Files.Sync(fd, dataOnly: true));
        Assert.Equal(Errno.None, Files.Sync(fd, dataOnly: false));
        Assert.Equal(Errno.None, Files.Truncate(fd, 10));
        Assert.Equal(10, Files.Seek(fd, 0, 2).Value);
        Assert.Equal(Errno.EINVAL, Files.ReadAt(fd, read, -1).Errno);
    }

    [Fact]
    public void Holes_and_preallocation_are_seen_by_lseek_and_fallocate()
    {
        using TempFolder folder = new();
        using FileDescriptor fd =
            folder.Open("file", OpenFlags.ReadWrite | OpenFlags.Create, FileModes.Octal644);
        Files.WriteAt(fd, "x"u8, 1 << 20);
        Assert.Equal(0, Files.Seek(fd, 0, SeekHole).Value);
        Assert.Equal(1 << 20, Files.Seek(fd, 0, SeekData).Value);
        Assert.Equal(Errno.None, Files.Allocate(fd, 0, 0, 2 << 20));
        Assert.Equal(2 << 20, Files.Seek(fd, 0, 2).Value);
        Assert.Equal(Errno.ENXIO, Files.Seek(fd, 4 << 20, SeekData).Errno);
    }

    [Fact]
    public void Copy_range_copies_between_files()
    {
        using TempFolder folder = new();
        folder.Write("from", "0123456789");
        using FileDescriptor from = folder.Open("from", OpenFlags.ReadOnly);
        using FileDescriptor to =
            folder.Open("to", OpenFlags.ReadWrite | OpenFlags.Create, FileModes.Octal644);
        SysResult copied = Files.CopyRange(from, 2, to, 1, 5, 0);
        Assert.Equal(5, copied.Value);
        Assert.Equal("\023456", File.ReadAllText($"{folder.Path}/to"));
    }

    [Fact]
    public void An_O_PATH_descriptor_is_opened_again_for_reading()
    {
        using TempFolder folder = new();
        folder.Write("file", "text");
        using FileDescriptor path = folder.OpenPath("file");
        Assert.Equal(Errno.EBADF, Files.Read(path, new byte[4]).Errno);
        using FileDescriptor? open = Files.Reopen(path, OpenFlags.ReadOnly, out Errno errno);
        Assert.Equal(Errno.None, errno);
        Assert.Equal(4, Files.Read(open!, new byte[8]).Value);
    }

    [Fact]
    public void Append_mode_is_set_and_seen()
    {
        using TempFolder folder = new();
        folder.Write("file", "abc");
        using FileDescriptor fd = folder.Open("file", OpenFlags.WriteOnly);
        Assert.Equal(Errno.None, Files.SetStatusFlags(fd, OpenFlags.Append));
        Assert.NotEqual(0, Files.StatusFlags(fd).Value & OpenFlags.Append);
        Files.WriteAt(fd, "def"u8, 0);
        Assert.Equal("abcdef", File.ReadAllText($"{folder.Path}/file"));
    }

    [Fact]
    public void Record_locks_and_flocks_of_two_open_files_exclude_each_other()
    {
        using TempFolder folder = new();
        folder.Write("file", "abc");
        using FileDescriptor first = folder.Open("file", OpenFlags.ReadWrite);
        using FileDescriptor second = folder.Open("file", OpenFlags.ReadWrite);
        RecordLock write = new(1, 10, 20, 0);
        Assert.Equal(Errno.None, Locks.Set(first, write, wait: false));
        Assert.Equal(Errno.EAGAIN, Locks.Set(second, write, wait: false));
        Assert.Equal(Errno.None, Locks.Test(second, write, out RecordLock found));
        Assert.Equal((1, 10L, 20L), (found.Type, found.Start, found.Length));
        Assert.Equal(Errno.None, Locks.Set(first, write with { Type = 2 }, wait: false));
        Assert.Equal(Errno.None, Locks.Test(second, write, out found));
        Assert.Equal(2, found.Type);
        const int ExclusiveNoWait = 2 | 4;
        Assert.Equal(Errno.None, Locks.Flock(first, ExclusiveNoWait));
        Assert.Equal(Errno.EAGAIN, Locks.Flock(second, ExclusiveNoWait));
    }

    [Fact]
    public void An_ioctl_with_too_short_an_argument_is_refused()
    {
        using TempFolder folder = new();
        folder.Write("file", "abc");
        using FileDescriptor fd = folder.Open("file", OpenFlags.ReadOnly);
        const uint GetFlags = 0x80086601;
        Assert.Equal(Errno.EFAULT, Files.Control(fd, GetFlags, new byte[4]).Errno);
        const uint GetReadable = 0x541B;
        byte[] count = new byte[4];
        Assert.Equal(Errno.None, Files.Control(fd, GetReadable, count).Errno);
        Assert.Equal(3, BitConverter.ToInt32(count));
    }
}
