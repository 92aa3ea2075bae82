using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class AttributesTests
{
    private const ulong Root = 1;

    private static Reply SetAttr(
        ServedFolder served, ulong nodeid, FuseSetattrValid valid, fuse_setattr_in arguments)
    {
        arguments.valid = (uint)valid;
        return served.Client.Call(
            FuseOpcode.FUSE_SETATTR, nodeid, FuseClient.Bytes(arguments));
    }

    [Fact]
    public void Attributes_are_those_of_the_source()
    {
        using ServedFolder served = new(
            new PassthroughOptions { AttributeValid = TimeSpan.FromMilliseconds(1500) });
        served.Write("file", "12345");
        Statx source = served.StatxOf("file");
        fuse_entry_out entry = served.Client.Lookup(Root, "file").Entry;
        Reply got = served.Client.GetAttr(entry.nodeid);
        Assert.Equal((1ul, 500_000_000u), (got.Struct<fuse_attr_out>(0).attr_valid,
            got.Struct<fuse_attr_out>(0).attr_valid_nsec));
        foreach (fuse_attr attributes in new[] { entry.attr, got.Attributes })
        {
            Assert.Equal(source.Ino, attributes.ino);
            Assert.Equal(5ul, attributes.size);
            Assert.Equal(source.Blocks512, attributes.blocks);
            Assert.Equal((uint)source.Mode, attributes.mode);
            Assert.Equal((source.NLink, source.Uid, source.Gid),
                (attributes.nlink, attributes.uid, attributes.gid));
            Assert.Equal((source.ModifyTime.Seconds, source.ModifyTime.Nanoseconds),
                ((long)attributes.mtime, attributes.mtimensec));
            Assert.Equal((source.ChangeTime.Seconds, source.ChangeTime.Nanoseconds),
                ((long)attributes.ctime, attributes.ctimensec));
        }

        fuse_statx statx = served.Client.Call(FuseOpcode.FUSE_STATX, entry.nodeid,
            FuseClient.Bytes(new fuse_statx_in { sx_mask = 0xFFF }))
            .Struct<fuse_statx_out>(0).stat;
        Assert.Equal((source.Ino, 5ul, source.Mode), (statx.ino, statx.size, statx.mode));
        Assert.Equal(0x7FFu, statx.mask & 0x7FFu);
        Assert.NotEqual(0, statx.btime.tv_sec);
    }

    [Fact]
    public void Device_numbers_go_both_ways()
    {
        using ServedFolder served = new();
        Reply made = served.Client.Call(FuseOpcode.FUSE_MKNOD, Root,
            FuseClient.Bytes(new fuse_mknod_in
            {
                mode = FileModes.CharacterDevice | FileModes.Octal666,
                rdev = 0xFFF103FF,
            }),
            FuseClient.Name("device"));
        if (made.Errno == Errno.EPERM)
            Assert.Skip("no right to make devices here");
        Assert.Equal(0xFFF103FFu, made.Entry.attr.rdev);
        Statx source = served.StatxOf("device");
        Assert.Equal((259u, 0xFFFFFu), (source.RdevMajor, source.RdevMinor));
    }

    [Fact]
    public void Setattr_changes_what_it_names_and_nothing_else()
    {
        using ServedFolder served = new();
        served.Write("file", "12345");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Reply mode = SetAttr(served, nodeid, FuseSetattrValid.FATTR_MODE,
            new fuse_setattr_in { mode = FileModes.Regular | 0x180, size = 99, uid = 7 });
        Assert.Equal((FileModes.Regular | 0x180, 5ul, 0u),
            (mode.Attributes.mode, mode.Attributes.size, mode.Attributes.uid));
        Reply owner = SetAttr(served, nodeid, FuseSetattrValid.FATTR_UID,
            new fuse_setattr_in { uid = 1234, gid = 4321 });
        Assert.Equal((1234u, 0u), (owner.Attributes.uid, owner.Attributes.gid));
        Reply size = SetAttr(served, nodeid, FuseSetattrValid.FATTR_SIZE,
            new fuse_setattr_in { size = 3 });
        Assert.Equal(3ul, size.Attributes.size);
        Assert.Equal("123", File.ReadAllText($"{served.Path}/file"));
        Reply times = SetAttr(served, nodeid,
            FuseSetattrValid.FATTR_MTIME,
            new fuse_setattr_in { mtime = 1000, mtimensec = 7, atime = 2000 });
        Assert.Equal((1000ul, 7u), (times.Attributes.mtime, times.Attributes.mtimensec));
        Assert.NotEqual(2000ul, times.Attributes.atime);
        Reply now = SetAttr(served, nodeid,
            FuseSetattrValid.FATTR_MTIME | FuseSetattrValid.FATTR_MTIME_NOW,
            new fuse_setattr_in { mtime = 1000 });
        Assert.True(now.Attributes.mtime > 1_000_000_000, "the present moment");
    }

    [Fact]
    public void A_change_of_nothing_takes_set_id_bits_and_renews_the_ctime_as_on_the_source()
    {
        using ServedFolder served = new();
        string path = served.Write("file", "12345");
        using FileDescriptor file = Files.Open(path, OpenFlags.ReadOnly);
        Metadata.ChangeMode(file, 0x9ED);
        Statx before = served.StatxOf("file");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Reply set = SetAttr(served, nodeid, 0, default);
        Assert.Equal(0x1EDu, set.Attributes.mode & FileModes.PermissionMask);
        Statx after = served.StatxOf("file");
        Assert.True(
            (after.ChangeTime.Seconds, after.ChangeTime.Nanoseconds)
                .CompareTo((before.ChangeTime.Seconds, before.ChangeTime.Nanoseconds)) >= 0);
        Assert.Equal(before.Uid, after.Uid);
    }

    [Fact]
    public void A_mode_set_together_with_an_owner_keeps_its_set_id_bits()
    {
        using ServedFolder served = new();
        served.Write("file", "12345");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        Reply set = SetAttr(served, nodeid,
            FuseSetattrValid.FATTR_MODE | FuseSetattrValid.FATTR_UID,
            new fuse_setattr_in { mode = 0x9ED, uid = 1234 });
        Assert.Equal(0x9EDu, set.Attributes.mode & FileModes.PermissionMask);
    }

    [Fact]
    public void The_size_is_set_through_an_fh_even_if_it_is_open_for_reading()
    {
        using ServedFolder served = new();
        served.Write("file", "12345");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        ulong fh = served.Client.Open(nodeid, OpenFlags.ReadOnly).Open.fh;
        Reply set = SetAttr(served, nodeid,
            FuseSetattrValid.FATTR_SIZE | FuseSetattrValid.FATTR_FH,
            new fuse_setattr_in { size = 2, fh = fh });
        Assert.Equal(2ul, set.Attributes.size);
        Assert.Equal(Errno.EFBIG, SetAttr(served, nodeid, FuseSetattrValid.FATTR_SIZE,
            new fuse_setattr_in { size = ulong.MaxValue }).Errno);
    }

    [Fact]
    public void A_symlink_is_itself_and_never_followed()
    {
        using ServedFolder served = new();
        served.Write("target", "12345");
        File.CreateSymbolicLink($"{served.Path}/link", "target");
        fuse_entry_out link = served.Client.Lookup(Root, "link").Entry;
        Assert.True(FileModes.IsSymlink(link.attr.mode));
        Assert.Equal("target"u8,
            served.Client.Call(FuseOpcode.FUSE_READLINK, link.nodeid).Body);
        SetAttr(served, link.nodeid, FuseSetattrValid.FATTR_UID,
            new fuse_setattr_in { uid = 1234 });
        Assert.Equal(1234u, served.StatxOf("link").Uid);
        Assert.Equal(0u, served.StatxOf("target").Uid);
        ulong target = served.Client.LookupNode(Root, "target");
        Assert.Equal(Errno.EINVAL,
            served.Client.Call(FuseOpcode.FUSE_READLINK, target).Errno);
    }

    [Fact]
    public void Xattrs_are_set_read_listed_and_removed_with_the_kernels_size_rules()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        byte[] value = "the value"u8.ToArray();
        Reply Set(uint flags) => served.Client.Call(FuseOpcode.FUSE_SETXATTR, nodeid,
            FuseClient.Bytes(new fuse_setxattr_in { size = 9, flags = flags }),
            FuseClient.Name("user.key"), value);
        Reply Get(uint size) => served.Client.Call(FuseOpcode.FUSE_GETXATTR, nodeid,
            FuseClient.Bytes(new fuse_getxattr_in { size = size }), FuseClient.Name("user.key"));
        Reply List(uint size) => served.Client.Call(FuseOpcode.FUSE_LISTXATTR, nodeid,
            FuseClient.Bytes(new fuse_getxattr_in { size = size }));

        Reply set = Set(0);
        if (set.Errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no user xattrs");
        Assert.Equal(Errno.None, set.Errno);
        Assert.Equal(Errno.EEXIST, Set(1).Errno);
        Assert.Equal(9u, Get(0).Struct<fuse_getxattr_out>(0).size);
        Assert.Equal(Errno.ERANGE, Get(8).Errno);
        Assert.Equal(value, Get(9).Body);
        Assert.Equal(value, Get(100).Body);
        uint listBytes = List(0).Struct<fuse_getxattr_out>(0).size;
        Assert.Equal(Errno.ERANGE, List(listBytes - 1).Errno);
        Assert.True(List(listBytes).Body.AsSpan().IndexOf("user.key\0"u8) >= 0);
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_REMOVEXATTR, nodeid,
            FuseClient.Name("user.key")).Errno);
        Assert.Equal(Errno.ENODATA, Get(100).Errno);
    }

    [Fact]
    public void Statfs_and_access_answer_for_any_node()
    {
        using ServedFolder served = new();
        served.Write("file", "x");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        SetAttr(served, nodeid, FuseSetattrValid.FATTR_MODE,
            new fuse_setattr_in { mode = 0x180 });
        fuse_kstatfs statfs =
            served.Client.Call(FuseOpcode.FUSE_STATFS, nodeid).Struct<fuse_statfs_out>(0).st;
        Assert.Equal(255u, statfs.namelen);
        Assert.True(statfs.bsize > 0);
        const uint Read = 4;
        Reply Access() => served.Client.Call(FuseOpcode.FUSE_ACCESS, nodeid,
            FuseClient.Bytes(new fuse_access_in { mask = Read }));
        Assert.Equal(Errno.None, Access().Errno);
        served.Client.Uid = 1234;
        served.Client.Gid = 4321;
        Assert.Equal(Errno.EACCES, Access().Errno);
    }
}
