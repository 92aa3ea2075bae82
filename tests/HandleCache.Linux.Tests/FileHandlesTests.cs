using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class FileHandlesTests
{
    private static void RequireOpenByHandle()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
    }

    private static FileHandleBuffer HandleOf(TempFolder folder, string name)
    {
        Errno errno = FileHandles.Get(folder.Descriptor, CString.FromString(name), 0,
            out FileHandleBuffer handle, out _);
        if (errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no file handles");
        Assert.Equal(Errno.None, errno);
        return handle;
    }

    [Fact]
    public void A_handle_opens_the_file_it_was_taken_from()
    {
        RequireOpenByHandle();
        using TempFolder folder = new();
        folder.Write("file", "the bytes");
        FileHandleBuffer handle = HandleOf(folder, "file");
        Assert.InRange(handle.LengthBytes, 4, 128);
        using FileDescriptor? fd =
            FileHandles.Open(folder.Descriptor, handle, OpenFlags.ReadOnly, out Errno errno);
        Assert.Equal(Errno.None, errno);
        byte[] read = new byte[64];
        Assert.Equal(9, Files.ReadAt(fd!, read, 0).Value);
        Assert.Equal("the bytes"u8, read.AsSpan(0, 9));
    }

    [Fact]
    public void A_handle_rebuilt_from_type_and_bytes_opens_the_same_inode()
    {
        RequireOpenByHandle();
        using TempFolder folder = new();
        folder.Write("file", "x");
        FileHandleBuffer taken = HandleOf(folder, "file");
        FileHandleBuffer rebuilt = FileHandleBuffer.From(taken.Type, taken.Bytes);
        using FileDescriptor? fd =
            FileHandles.Open(folder.Descriptor, rebuilt, OpenFlags.Path, out Errno errno);
        Assert.Equal(Errno.None, errno);
        Metadata.Statx(fd!, StatxMask.BasicStats, out Statx byHandle);
        Metadata.Statx(folder.Descriptor, "file\0"u8, 0, StatxMask.BasicStats, out Statx byName);
        Assert.Equal(byName.Ino, byHandle.Ino);
    }

    [Fact]
    public void Too_little_room_gives_EOVERFLOW_and_the_length_needed()
    {
        using TempFolder folder = new();
        folder.Write("file", "x");
        FileHandleBuffer full = HandleOf(folder, "file");
        Errno errno = FileHandles.Get(folder.Descriptor, "file\0"u8, 0,
            out FileHandleBuffer probe, out _, roomBytes: 0);
        Assert.Equal(Errno.EOVERFLOW, errno);
        Assert.Equal(full.LengthBytes, probe.LengthBytes);
        errno = FileHandles.Get(folder.Descriptor, "file\0"u8, 0,
            out FileHandleBuffer exact, out _, roomBytes: probe.LengthBytes);
        Assert.Equal(Errno.None, errno);
        Assert.Equal(full.Bytes, exact.Bytes);
    }

    [Fact]
    public void The_handle_of_a_deleted_file_is_stale()
    {
        RequireOpenByHandle();
        using TempFolder folder = new();
        folder.Write("file", "x");
        FileHandleBuffer handle = HandleOf(folder, "file");
        Assert.Equal(Errno.None, Names.Unlink(folder.Descriptor, "file\0"u8, 0));
        using FileDescriptor? fd =
            FileHandles.Open(folder.Descriptor, handle, OpenFlags.Path, out Errno errno);
        Assert.Equal(Errno.ESTALE, errno);
    }

    [Fact]
    public void A_symlink_has_its_own_handle_and_its_descriptor_reads_the_target()
    {
        RequireOpenByHandle();
        using TempFolder folder = new();
        Assert.Equal(Errno.None,
            Names.MakeSymlink("somewhere\0"u8, folder.Descriptor, "link\0"u8));
        FileHandleBuffer handle = HandleOf(folder, "link");
        using FileDescriptor? fd = FileHandles.Open(folder.Descriptor, handle,
            OpenFlags.Path | OpenFlags.NoFollow, out Errno errno);
        Assert.Equal(Errno.None, errno);
        byte[] target = new byte[64];
        Assert.Equal(9, Names.ReadLink(fd!, CString.Empty, target).Value);
        Assert.Equal("somewhere"u8, target.AsSpan(0, 9));
    }

    [Fact]
    public void Proc_has_no_handles_and_says_EOPNOTSUPP()
    {
        Errno errno = FileHandles.Get(FileDescriptor.WorkingDirectory, "/proc/self/status\0"u8, 0,
            out FileHandleBuffer handle, out _);
        Assert.Equal(Errno.EOPNOTSUPP, errno);
        Assert.Equal(0, handle.LengthBytes);
    }

    [Fact]
    public void The_mount_id_is_the_one_of_mountinfo_and_the_unique_id_is_wider()
    {
        using TempFolder folder = new();
        Errno errno = FileHandles.Get(folder.Descriptor, CString.Empty, AtFlags.EmptyPath,
            out _, out ulong mountId);
        if (errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no file handles");
        Assert.Contains(MountInfo.ReadAll(), mount => (ulong)mount.MountId == mountId);
        errno = FileHandles.Get(folder.Descriptor, CString.Empty,
            AtFlags.EmptyPath | AtFlags.HandleMountIdUnique, out _, out ulong unique);
        if (errno == Errno.EINVAL)
            Assert.Skip("the kernel has no AT_HANDLE_MNT_ID_UNIQUE (before 6.12)");
        Assert.True(unique > int.MaxValue, $"unique mount id {unique}");
    }
}
