using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Linux.Tests;

public class MetadataTests
{
    [Fact]
    public void Statx_agrees_with_the_runtime()
    {
        using TempFolder folder = new();
        string path = folder.Write("file", "12345");
        using FileDescriptor fd = folder.OpenPath("file");
        Assert.Equal(Errno.None, Metadata.Statx(fd, StatxMask.BasicStats, out Statx statx));
        FileInfo info = new(path);
        Assert.Equal(5ul, statx.SizeBytes);
        Assert.Equal(1u, statx.NLink);
        Assert.True(FileModes.IsRegular(statx.Mode));
        long seconds = new DateTimeOffset(info.LastWriteTimeUtc).ToUnixTimeSeconds();
        Assert.Equal(seconds, statx.ModifyTime.Seconds);
        Assert.Equal((uint)info.UnixFileMode, statx.Mode & FileModes.PermissionMask);
    }

    [Fact]
    public void Mode_owner_times_and_length_change_through_an_O_PATH_descriptor()
    {
        using TempFolder folder = new();
        folder.Write("file", "12345");
        using FileDescriptor fd = folder.OpenPath("file");
        Assert.Equal(Errno.None, Metadata.ChangeMode(fd, 0x1A0));
        Assert.Equal(Errno.None,
            Metadata.SetTimes(fd, new TimeSpec(1000, 1), new TimeSpec(2000, 2)));
        Assert.Equal(Errno.None, Files.TruncatePathFd(fd, 3));
        Assert.Equal(Errno.None, Metadata.ChangeOwner(fd, uint.MaxValue, uint.MaxValue));
        Assert.Equal(Errno.None,
            Metadata.SetTimes(fd, TimeSpec.Omit, new TimeSpec(3000, 3)));
        Metadata.Statx(fd, StatxMask.BasicStats, out Statx statx);
        Assert.Equal(0x1A0u, statx.Mode & FileModes.PermissionMask);
        Assert.Equal(1000, statx.AccessTime.Seconds);
        Assert.Equal(1u, statx.AccessTime.Nanoseconds);
        Assert.Equal(3000, statx.ModifyTime.Seconds);
        Assert.Equal(3ul, statx.SizeBytes);
    }

    [Fact]
    public void Owner_changes_as_root_and_a_symlink_keeps_its_own()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("chown to another user needs root");
        using TempFolder folder = new();
        folder.Write("file", "x");
        Names.MakeSymlink("file\0"u8, folder.Descriptor, "link\0"u8);
        using FileDescriptor link = folder.OpenPath("link");
        Assert.Equal(Errno.None, Metadata.ChangeOwner(link, 1234, 4321));
        Metadata.Statx(link, StatxMask.BasicStats, out Statx own);
        Assert.Equal((1234u, 4321u), (own.Uid, own.Gid));
        using FileDescriptor file = folder.OpenPath("file");
        Metadata.Statx(file, StatxMask.BasicStats, out Statx target);
        Assert.Equal(0u, target.Uid);
    }

    [Fact]
    public void Statfs_of_proc_has_its_magic_number()
    {
        using FileDescriptor proc = Files.Open("/proc", OpenFlags.Directory);
        Assert.Equal(Errno.None, Metadata.StatFs(proc, out StatFs statfs));
        Assert.Equal(0x9FA0, statfs.Type);
        Assert.Equal(255, statfs.NameLengthMax);
    }

    [Fact]
    public void Extended_attributes_round_trip_through_an_O_PATH_descriptor()
    {
        using TempFolder folder = new();
        folder.Write("file", "x");
        using FileDescriptor fd = folder.OpenPath("file");
        Errno errno = Xattrs.Set(fd, "user.key\0"u8, "value"u8, 0);
        if (errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no user xattrs");
        Assert.Equal(Errno.None, errno);
        Assert.Equal(Errno.EEXIST, Xattrs.Set(fd, "user.key\0"u8, "other"u8, 1));
        Assert.Equal(Errno.ENODATA, Xattrs.Set(fd, "user.none\0"u8, "other"u8, 2));
        Assert.Equal(5, Xattrs.Get(fd, "user.key\0"u8, default).Value);
        Assert.Equal(Errno.ERANGE, Xattrs.Get(fd, "user.key\0"u8, new byte[4]).Errno);
        byte[] value = new byte[16];
        Assert.Equal(5, Xattrs.Get(fd, "user.key\0"u8, value).Value);
        Assert.Equal("value"u8, value.AsSpan(0, 5));
        byte[] names = new byte[64];
        SysResult listed = Xattrs.List(fd, names);
        Assert.True(names.AsSpan(0, (int)listed.Value).IndexOf("user.key\0"u8) >= 0);
        Assert.Equal(Errno.None, Xattrs.Remove(fd, "user.key\0"u8));
        Assert.Equal(Errno.ENODATA, Xattrs.Get(fd, "user.key\0"u8, value).Errno);
    }

    [Fact]
    public void Extended_attributes_of_a_symlink_are_its_own_not_its_targets()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("trusted xattrs need root");
        using TempFolder folder = new();
        folder.Write("file", "x");
        Names.MakeSymlink("file\0"u8, folder.Descriptor, "link\0"u8);
        using FileDescriptor link = folder.OpenPath("link");
        using FileDescriptor file = folder.OpenPath("file");
        // A symlink takes no user.* attributes (EPERM): proof that it is not followed.
        Assert.Equal(Errno.EPERM, Xattrs.Set(link, "user.key\0"u8, "v"u8, 0));
        Assert.Equal(Errno.None, Xattrs.Set(link, "trusted.key\0"u8, "v"u8, 0));
        Assert.Equal(1, Xattrs.Get(link, "trusted.key\0"u8, default).Value);
        Assert.Equal(Errno.ENODATA, Xattrs.Get(file, "trusted.key\0"u8, default).Errno);
    }

    [Fact]
    public void Access_is_judged_by_the_mode_bits_of_the_acting_user()
    {
        if (Credentials.EffectiveUserId != 0)
            Assert.Skip("acting as another user needs root");
        using TempFolder folder = new();
        folder.Write("file", "x");
        using FileDescriptor fd = folder.OpenPath("file");
        Metadata.ChangeMode(fd, 0x180);
        const int Read = 4;
        const int Execute = 1;
        int flags = AtFlags.EmptyPath | AtFlags.EAccess;
        Assert.Equal(Errno.None, Names.Access(fd, CString.Empty, Read, flags));
        Assert.Equal(Errno.EACCES, Names.Access(fd, CString.Empty, Execute, flags));
        using FileSystemIdentity _ = FileSystemIdentity.Assume(65534, 65534, []);
        Assert.Equal(Errno.EACCES, Names.Access(fd, CString.Empty, Read, flags));
    }
}
