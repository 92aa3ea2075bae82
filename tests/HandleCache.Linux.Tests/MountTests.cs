using System.Runtime.ExceptionServices;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class MountTests
{
    /// <summary>Runs on a thread of its own in a mount namespace of its own.</summary>
    private static void InPrivateNamespace(Action body)
    {
        if (Credentials.WhyNotMountFuse() is { } reason)
            Assert.Skip(reason);
        ExceptionDispatchInfo? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                MountNamespace.EnterPrivate();
                body();
            }
#pragma warning disable CA1031 // Whatever the body threw is thrown again by the test's thread.
            catch (Exception e)
#pragma warning restore CA1031
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    [Fact]
    public void A_tmpfs_in_a_private_namespace_is_seen_by_its_thread_only()
    {
        using TempFolder folder = new();
        string mountPoint = Directory.CreateDirectory($"{folder.Path}/a b").FullName;
        InPrivateNamespace(() =>
        {
            Mounts.MountTmpfs(mountPoint, "size=1m");
            MountInfo mount = MountInfo.Find(mountPoint)!;
            Assert.Equal("tmpfs", mount.FileSystemType);
            File.WriteAllText($"{mountPoint}/inside", "x");
            Errno errno = FileHandles.Get(FileDescriptor.WorkingDirectory,
                CString.FromString($"{mountPoint}/inside"), 0, out FileHandleBuffer handle, out _);
            Assert.Equal(Errno.None, errno);
            // HANDLES.md: tmpfs 0x1, 12.
            Assert.Equal((1, 12), (handle.Type, handle.LengthBytes));
            using FileDescriptor mountFd = Files.Open(mountPoint, OpenFlags.Directory);
            using FileDescriptor? opened =
                FileHandles.Open(mountFd, handle, OpenFlags.ReadOnly, out errno);
            Assert.Equal(Errno.None, errno);
            // Before the file system is gone from the tree, its handle says nothing elsewhere.
            Assert.Equal(Errno.None, Mounts.Unmount(mountPoint));
            Assert.Equal(Errno.EINVAL, Mounts.Unmount(mountPoint));
            Assert.Null(MountInfo.Find(mountPoint));
        });
        Assert.False(File.Exists($"{mountPoint}/inside"));
    }

    [Fact]
    public void A_cloned_mount_shows_what_lies_under_the_mounts_below_it()
    {
        using TempFolder folder = new();
        string below = Directory.CreateDirectory($"{folder.Path}/below").FullName;
        File.WriteAllText($"{below}/covered", "x");
        InPrivateNamespace(() =>
        {
            Mounts.MountTmpfs(below, "size=1m");
            Assert.False(File.Exists($"{below}/covered"));
            using FileDescriptor clone = Mounts.CloneWithoutSubmounts(folder.Path);
            Assert.Equal(Errno.None, Metadata.Statx(clone, "below/covered\0"u8, 0,
                StatxMask.BasicStats, out _));
            Assert.Equal(Errno.None, Metadata.Statx(clone, "../..\0"u8, 0,
                StatxMask.BasicStats, out Statx above));
            Metadata.Statx(folder.Descriptor, StatxMask.BasicStats, out Statx root);
            Assert.Equal(root.Ino, above.Ino);
            Assert.Equal(Errno.None, Mounts.Unmount(below));
        });
    }

    [Fact]
    public void Another_thread_joins_a_namespace()
    {
        using TempFolder folder = new();
        InPrivateNamespace(() =>
        {
            Mounts.MountTmpfs(folder.Path, "size=1m");
            using FileDescriptor space = MountNamespace.Current();
            string? type = null;
            Thread other = new(() =>
            {
                MountNamespace.Join(space);
                type = MountInfo.Find(folder.Path)?.FileSystemType;
            });
            other.Start();
            other.Join();
            Assert.Equal(Errno.None, Mounts.Unmount(folder.Path));
            Assert.Equal("tmpfs", type);
        });
    }

    [Fact]
    public void A_fuse_mount_gives_INIT_first_and_ENODEV_after_unmount()
    {
        using TempFolder folder = new();
        InPrivateNamespace(() =>
        {
            using FuseDevice device = FuseDevice.Open(FuseDriver.BuiltIn);
            Mounts.MountFuse(device, folder.Path, new FuseMountOptions { MaxReadBytes = 65536 });
            try
            {
                byte[] request = new byte[8192 + 65536];
                SysResult read = device.Read(request);
                // fuse_in_header 40 + fuse_init_in 64; opcode FUSE_INIT=26 (ABI.md).
                Assert.Equal(104, read.Value);
                Assert.Equal(104u, BitConverter.ToUInt32(request, 0));
                Assert.Equal(26u, BitConverter.ToUInt32(request, 4));
                Assert.Equal(7u, BitConverter.ToUInt32(request, 40));
                MountInfo mount = MountInfo.Find(folder.Path)!;
                Assert.Equal("fuse.handlecache", mount.FileSystemType);
                Assert.Contains("max_read=65536", mount.SuperOptions, StringComparison.Ordinal);
                using FuseDevice clone = device.Clone(nonBlocking: true);
                Assert.Equal(Errno.EAGAIN, clone.Read(request).Errno);
                Assert.Equal(Errno.EINVAL, device.Write("short"u8).Errno);
            }
            finally
            {
                Mounts.Unmount(folder.Path);
            }

            Assert.Equal(Errno.ENODEV, device.Read(new byte[8192]).Errno);
        });
    }

    [Fact]
    public void A_reply_in_two_pieces_is_one_message_and_a_late_reply_is_ENOENT()
    {
        using TempFolder folder = new();
        InPrivateNamespace(() =>
        {
            using FuseDevice device = FuseDevice.Open(FuseDriver.BuiltIn);
            Mounts.MountFuse(device, folder.Path, new FuseMountOptions());
            try
            {
                byte[] request = new byte[1 << 20];
                device.Read(request);
                byte[] header = new byte[16];
                BitConverter.TryWriteBytes(header, 80u);
                request.AsSpan(8, 8).CopyTo(header.AsSpan(8));
                byte[] init = new byte[64];
                BitConverter.TryWriteBytes(init.AsSpan(0), 7u);
                BitConverter.TryWriteBytes(init.AsSpan(4), 31u);
                BitConverter.TryWriteBytes(init.AsSpan(20), 4096u);
                Assert.Equal(80, device.Write(header, init).Value);
                Assert.Equal(Errno.ENOENT, device.Write(header, init).Errno);
            }
            finally
            {
                Mounts.Unmount(folder.Path);
            }
        });
    }

    [Fact]
    public void Aborting_a_connection_ends_its_reader_with_an_error()
    {
        using TempFolder folder = new();
        InPrivateNamespace(() =>
        {
            using FuseDevice device = FuseDevice.Open(FuseDriver.BuiltIn);
            Mounts.MountFuse(device, folder.Path, new FuseMountOptions());
            try
            {
                FuseConnection connection = new(
                    FuseDriver.BuiltIn, MountInfo.Find(folder.Path)!.DevMinor);
                if (!connection.Exists)
                    Mounts.MountFuseControl(FuseDriver.BuiltIn);
                Assert.True(connection.Exists);
                Assert.Equal(1, connection.Waiting());
                Assert.True(connection.Abort());
                Assert.Equal(Errno.ENODEV, device.Read(new byte[8192]).Errno);
            }
            finally
            {
                Mounts.Unmount(folder.Path);
            }
        });
    }

    [Fact]
    public void A_connection_that_is_not_there_says_so()
    {
        FuseConnection gone = new(FuseDriver.BuiltIn, 4_000_000);
        Assert.False(gone.Exists);
        Assert.Null(gone.Waiting());
        Assert.False(gone.Abort());
    }

    [Fact]
    public void A_mount_that_fails_names_call_path_and_errno()
    {
        if (Credentials.WhyNotMountFuse() is { } reason)
            Assert.Skip(reason);
        LinuxException e = Assert.Throws<LinuxException>(
            () => Mounts.MountTmpfs("/nonexistent/handlecache", "size=1m"));
        Assert.Equal(Errno.ENOENT, e.Errno);
        Assert.Equal("mount /nonexistent/handlecache: ENOENT (2)", e.Message);
    }

    [Fact]
    public void Mountinfo_lines_are_parsed_with_escapes_and_optional_fields()
    {
        const string Line = "36 35 98:0 /mnt1 /a\\040b rw,noatime master:1 shared:2 - ext3 "
            + "/dev/root\\134x rw,errors=continue";
        Assert.True(MountInfo.TryParse(Line, out MountInfo? mount));
        Assert.Equal((36, 35, 98u, 0u),
            (mount.MountId, mount.ParentId, mount.DevMajor, mount.DevMinor));
        Assert.Equal("/a b", mount.MountPoint);
        Assert.Equal("ext3", mount.FileSystemType);
        Assert.Equal("/dev/root\\x", mount.Source);
        Assert.Equal("rw,errors=continue", mount.SuperOptions);
        Assert.False(MountInfo.TryParse("36 35 98:0 / / rw ext3 x y", out _));
        Assert.False(MountInfo.TryParse("36 35 98 / / rw - ext3 x y", out _));
        Assert.False(MountInfo.TryParse("", out _));
        Assert.False(MountInfo.TryParse("36 35 98:0 / / rw - ext3", out _));
    }
}
