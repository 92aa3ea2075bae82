using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Passthrough;
using HandleCache.Server.Sessions;
using Xunit;

namespace HandleCache.Server.Tests.Passthrough;

public class FilesTests
{
    private const ulong Root = 1;

    [Fact]
    public void A_created_file_is_written_and_read_through_its_fh()
    {
        using ServedFolder served = new();
        Reply created = served.Client.Create(Root, "new");
        (ulong nodeid, ulong fh) = (created.Entry.nodeid, created.Open.fh);
        Assert.Equal(5u, served.Client.Write(nodeid, fh, 3, "hello"u8.ToArray())
            .Struct<fuse_write_out>(0).size);
        Assert.Equal("\0\0\0hello"u8, served.Client.Read(nodeid, fh, 0, 100).Body);
        Assert.Empty(served.Client.Read(nodeid, fh, 8, 100).Body);
        Assert.Equal(Errno.None, served.Client.Release(nodeid, fh).Errno);
        Assert.Equal(Errno.EBADF, served.Client.Read(nodeid, fh, 0, 100).Errno);
        Assert.Equal("\0\0\0hello", File.ReadAllText($"{served.Path}/new"));
    }

    [Fact]
    public void A_new_file_belongs_to_the_caller_and_is_made_under_his_umask()
    {
        using ServedFolder served = new();
        served.Client.Uid = 1234;
        served.Client.Gid = 4321;
        served.Client.Create(Root, "file", mode: FileModes.Octal666, umask: 0x3F);
        served.Client.Call(FuseOpcode.FUSE_MKDIR, Root,
            FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal777, umask = 0x12 }),
            FuseClient.Name("dir"));
        served.Client.Call(FuseOpcode.FUSE_MKNOD, Root,
            FuseClient.Bytes(
                new fuse_mknod_in { mode = FileModes.Fifo | FileModes.Octal666, umask = 2 }),
            FuseClient.Name("pipe"));
        served.Client.Call(FuseOpcode.FUSE_SYMLINK, Root,
            FuseClient.Name("link"), FuseClient.Name("a/target"));
        served.Client.Uid = 0;
        served.Client.Gid = 0;
        served.Client.Create(Root, "roots", mode: FileModes.Octal666, umask: 0x12);
        AssertMade(served.StatxOf("file"), 1234, 4321, FileModes.Regular | 0x180);
        AssertMade(served.StatxOf("dir"), 1234, 4321, FileModes.Directory | FileModes.Octal755);
        AssertMade(served.StatxOf("pipe"), 1234, 4321, FileModes.Fifo | 0x1B4);
        AssertMade(served.StatxOf("link"), 1234, 4321, FileModes.Symlink | FileModes.Octal777);
        AssertMade(served.StatxOf("roots"), 0, 0, FileModes.Regular | FileModes.Octal644);
    }

    private static void AssertMade(in Statx statx, uint uid, uint gid, uint mode) =>
        Assert.Equal((uid, gid, mode), (statx.Uid, statx.Gid, (uint)statx.Mode));

    [Fact]
    public void A_set_group_id_directory_gives_its_group_to_what_is_made_in_it()
    {
        using ServedFolder served = new();
        Directory.CreateDirectory($"{served.Path}/dir");
        using (FileDescriptor dir = Files.Open($"{served.Path}/dir", OpenFlags.Directory))
        {
            Metadata.ChangeOwner(dir, 0, 777);
            Metadata.ChangeMode(dir, 0x5ED);
        }

        ulong nodeid = served.Client.LookupNode(Root, "dir");
        served.Client.Uid = 1234;
        served.Client.Gid = 4321;

        // The caller may write here by another of his groups, which the request does not carry.
        Assert.Equal(Errno.None, served.Client.Create(nodeid, "file").Errno);
        Statx made = served.StatxOf("dir/file");
        Assert.Equal((1234u, 777u), (made.Uid, made.Gid));
    }

    [Fact]
    public void A_default_ACL_of_the_directory_takes_the_place_of_the_umask()
    {
        using ServedFolder served = new();

        // Version 2; user::rwx, group::rwx, mask::rwx, other::--- (uapi posix_acl_xattr.h).
        byte[] acl =
        [
            2, 0, 0, 0,
            1, 0, 7, 0, 255, 255, 255, 255,
            4, 0, 7, 0, 255, 255, 255, 255,
            0x10, 0, 7, 0, 255, 255, 255, 255,
            0x20, 0, 0, 0, 255, 255, 255, 255,
        ];
        Reply set = served.Client.Call(FuseOpcode.FUSE_SETXATTR, Root,
            FuseClient.Bytes(new fuse_setxattr_in { size = (uint)acl.Length }),
            FuseClient.Name("system.posix_acl_default"), acl);
        if (set.Errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no ACLs");
        Assert.Equal(Errno.None, set.Errno);
        served.Client.Create(Root, "file", mode: FileModes.Octal666, umask: 0x3F);
        Assert.Equal(0x1B0u, served.StatxOf("file").Mode & FileModes.PermissionMask);
    }

    [Fact]
    public void A_caller_without_an_id_here_makes_nothing()
    {
        using ServedFolder served = new();
        served.Client.Uid = uint.MaxValue;
        Assert.Equal(Errno.EOVERFLOW, served.Client.Create(Root, "file").Errno);
        Assert.Empty(Directory.GetFileSystemEntries(served.Path));
    }

    [Fact]
    public void Create_opens_what_is_there_unless_it_must_be_new()
    {
        using ServedFolder served = new();
        served.Write("file", "old text");
        int exclusive = OpenFlags.ReadWrite | OpenFlags.Exclusive;
        Assert.Equal(Errno.EEXIST, served.Client.Create(Root, "file", exclusive).Errno);
        Reply created = served.Client.Create(Root, "file");
        Assert.Equal("old"u8,
            served.Client.Read(created.Entry.nodeid, created.Open.fh, 0, 3).Body);
        served.Client.Create(Root, "file", OpenFlags.ReadWrite | OpenFlags.Truncate);
        Assert.Equal("", File.ReadAllText($"{served.Path}/file"));
        File.CreateSymbolicLink($"{served.Path}/link", "file");
        Assert.Equal(Errno.ESTALE, served.Client.Create(Root, "link").Errno);
    }

    [Fact]
    public void Create_leaves_it_to_the_kernel_to_judge_a_file_that_is_not_the_callers()
    {
        using ServedFolder served = new();
        served.Write("secret", "old text");
        using (FileDescriptor file = Files.Open($"{served.Path}/secret", OpenFlags.ReadOnly))
            Metadata.ChangeMode(file, 0x180);
        served.Client.Uid = 1234;
        served.Client.Gid = 4321;
        int truncate = OpenFlags.ReadWrite | OpenFlags.Truncate;
        Assert.Equal(Errno.ESTALE, served.Client.Create(Root, "secret", truncate).Errno);
        Assert.Equal("old text", File.ReadAllText($"{served.Path}/secret"));
        Assert.Equal(0, served.FileSystem.OpenFileCount);
    }

    [Fact]
    public void A_deleted_file_lives_on_through_its_open_fh_and_by_its_nodeid()
    {
        using ServedFolder served = new(new PassthroughOptions { CachedDescriptors = 1 });
        Reply created = served.Client.Create(Root, "file");
        (ulong nodeid, ulong fh) = (created.Entry.nodeid, created.Open.fh);
        served.Client.Write(nodeid, fh, 0, "kept"u8.ToArray());
        served.Client.Call(FuseOpcode.FUSE_UNLINK, Root, FuseClient.Name("file"));
        served.Write("other", "x");
        served.Client.Lookup(Root, "other");
        Assert.Equal("kept"u8, served.Client.Read(nodeid, fh, 0, 100).Body);
        fuse_attr attributes = served.Client.GetAttr(nodeid).Attributes;
        Assert.Equal((0u, 4ul), (attributes.nlink, attributes.size));
        Reply again = served.Client.Open(nodeid, OpenFlags.ReadOnly);
        Assert.Equal("kept"u8, served.Client.Read(nodeid, again.Open.fh, 0, 100).Body);
        served.Client.Release(nodeid, again.Open.fh);
        served.Client.Release(nodeid, fh);
        served.Client.Forget(nodeid, 1);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(nodeid).Errno);
    }

    [Fact]
    public void A_nameless_file_gets_a_name_by_link()
    {
        using ServedFolder served = new();
        Reply made = served.Client.Call(FuseOpcode.FUSE_TMPFILE, Root,
            FuseClient.Bytes(new fuse_create_in
            {
                flags = OpenFlags.ReadWrite,
                mode = FileModes.Regular | 0x180,
            }),
            FuseClient.Name("/"));
        if (made.Errno == Errno.EOPNOTSUPP)
            Assert.Skip("the temp folder's file system has no O_TMPFILE");
        (ulong nodeid, ulong fh) = (made.Entry.nodeid, made.Open.fh);
        served.Client.Write(nodeid, fh, 0, "text"u8.ToArray());
        Assert.Empty(Directory.GetFileSystemEntries(served.Path));
        Reply linked = served.Client.Call(FuseOpcode.FUSE_LINK, Root,
            FuseClient.Bytes(new fuse_link_in { oldnodeid = nodeid }), FuseClient.Name("named"));
        Assert.Equal((nodeid, 1u), (linked.Entry.nodeid, linked.Entry.attr.nlink));
        Assert.Equal("text", File.ReadAllText($"{served.Path}/named"));
    }

    [Fact]
    public void Append_writes_at_the_end_whatever_the_offset()
    {
        using ServedFolder served = new();
        served.Write("file", "abc");
        ulong nodeid = served.Client.LookupNode(Root, "file");
        int flags = OpenFlags.WriteOnly | OpenFlags.Append;
        ulong fh = served.Client.Open(nodeid, flags).Open.fh;
        served.Client.Write(nodeid, fh, 0, "def"u8.ToArray());
        Assert.Equal("abcdef", File.ReadAllText($"{served.Path}/file"));
    }

    [Fact]
    public void With_a_writeback_cache_a_file_opened_for_writing_is_readable_and_offsets_hold()
    {
        if (Credentials.WhyNotOpenByHandle() is { } reason)
            Assert.Skip(reason);
        string path = Directory.CreateTempSubdirectory("handlecache-").FullName;
        try
        {
            File.WriteAllText($"{path}/file", "abc");
            using PassthroughFileSystem fs = new(path, new PassthroughOptions());
            using FuseClient client =
                new(fs, new SessionOptions { Workers = 1, WritebackCache = true });
            ulong nodeid = client.LookupNode(Root, "file");
            int flags = OpenFlags.WriteOnly | OpenFlags.Append;
            ulong fh = client.Open(nodeid, flags).Open.fh;
            Assert.Equal("abc"u8, client.Read(nodeid, fh, 0, 100).Body);
            client.Write(nodeid, fh, 1, "X"u8.ToArray());
            Assert.Equal("aXc", File.ReadAllText($"{path}/file"));
        }
        finally
        {
            Directory.Delete(path, recursive: true);
        }
    }

    [Fact]
    public void Set_id_bits_go_when_a_write_or_truncation_says_so_and_stay_otherwise()
    {
        using ServedFolder served = new();
        served.Write("file", "abc");
        using FileDescriptor file = Files.Open($"{served.Path}/file", OpenFlags.ReadOnly);
        ulong nodeid = served.Client.LookupNode(Root, "file");
        ulong fh = served.Client.Open(nodeid, OpenFlags.ReadWrite).Open.fh;
        const uint SetIds = 0xDED;
        Metadata.ChangeMode(file, SetIds);
        served.Client.Write(nodeid, fh, 0, "x"u8.ToArray());
        Assert.Equal(SetIds, served.StatxOf("file").Mode & FileModes.PermissionMask);
        served.Client.Write(
            nodeid, fh, 0, "x"u8.ToArray(), FuseConstants.FUSE_WRITE_KILL_SUIDGID);
        Assert.Equal(0x1EDu, served.StatxOf("file").Mode & FileModes.PermissionMask);

        // Without group execution set-group-id means mandatory locking and stays.
        Metadata.ChangeMode(file, 0xDE4);
        served.Client.Open(nodeid, OpenFlags.WriteOnly | OpenFlags.Truncate,
            FuseConstants.FUSE_OPEN_KILL_SUIDGID);
        Assert.Equal(0x5E4u, served.StatxOf("file").Mode & FileModes.PermissionMask);
        Metadata.ChangeMode(file, SetIds);
        served.Client.Call(FuseOpcode.FUSE_SETATTR, nodeid,
            FuseClient.Bytes(new fuse_setattr_in
            {
                valid = (uint)(FuseSetattrValid.FATTR_SIZE
                    | FuseSetattrValid.FATTR_KILL_SUIDGID),
                size = 1,
            }));
        Assert.Equal(0x1EDu, served.StatxOf("file").Mode & FileModes.PermissionMask);
    }

    /// <param name="mode">With set-id bits.</param>
    /// <param name="gid">The caller's group; the file's is 77.</param>
    /// <param name="expected">What is left.</param>
    [Theory]
    [InlineData(0xDFF, 1234, 0x1FF)]
    [InlineData(0xDE4, 1234, 0x1E4)]
    [InlineData(0xDE4, 77, 0x5E4)]
    public void Set_id_bits_go_with_every_change_by_a_caller_who_is_not_root(
        uint mode, uint gid, uint expected)
    {
        using ServedFolder served = new();
        served.Write("file", new string('x', 8192));
        using FileDescriptor file = Files.Open($"{served.Path}/file", OpenFlags.ReadWrite);
        Metadata.ChangeOwner(file, 7, 77);
        ulong nodeid = served.Client.LookupNode(Root, "file");
        ulong fh = served.Client.Open(nodeid, OpenFlags.ReadWrite).Open.fh;
        const uint PunchHole = 3;
        Func<Errno>[] changes =
        [
            () => served.Client.Write(
                nodeid, fh, 0, "y"u8.ToArray(), FuseConstants.FUSE_WRITE_KILL_SUIDGID).Errno,
            () => Allocate(served, nodeid, fh, mode: 0),
            () => Allocate(served, nodeid, fh, PunchHole),
            () => served.Client.Call(FuseOpcode.FUSE_COPY_FILE_RANGE, nodeid,
                FuseClient.Bytes(new fuse_copy_file_range_in
                {
                    fh_in = fh, fh_out = fh, nodeid_out = nodeid, off_out = 4096, len = 10,
                })).Errno,
        ];
        foreach (Func<Errno> change in changes)
        {
            Metadata.ChangeMode(file, mode);
            served.Client.Uid = 1234;
            served.Client.Gid = gid;
            Assert.Equal(Errno.None, change());
            Assert.Equal(expected, served.StatxOf("file").Mode & FileModes.PermissionMask);
        }

        served.Client.Uid = 0;
        Metadata.ChangeMode(file, mode);
        Assert.Equal(Errno.None, Allocate(served, nodeid, fh, PunchHole));
        Assert.Equal(mode, served.StatxOf("file").Mode & FileModes.PermissionMask);
    }

    private static Errno Allocate(ServedFolder served, ulong nodeid, ulong fh, uint mode) =>
        served.Client.Call(FuseOpcode.FUSE_FALLOCATE, nodeid, FuseClient.Bytes(
            new fuse_fallocate_in { fh = fh, mode = mode, length = 4096 })).Errno;

    [Fact]
    public void With_a_writeback_cache_the_kernel_is_left_to_say_what_is_data()
    {
        using ServedFolder served =
            new(session: new SessionOptions { Workers = 1, WritebackCache = true });
        Reply made = served.Client.Create(Root, "file");
        Assert.Equal(Errno.ENOSYS, served.Client.Call(FuseOpcode.FUSE_LSEEK, made.Entry.nodeid,
            FuseClient.Bytes(new fuse_lseek_in { fh = made.Open.fh, whence = 3 })).Errno);
    }

    [Fact]
    public void Holes_allocation_and_copies_work_on_fhs()
    {
        using ServedFolder served = new();
        Reply first = served.Client.Create(Root, "first");
        Reply second = served.Client.Create(Root, "second");
        ulong fh = first.Open.fh;
        ulong nodeid = first.Entry.nodeid;
        served.Client.Write(nodeid, fh, 1 << 20, "data"u8.ToArray());
        const uint SeekData = 3;
        Assert.Equal(1ul << 20, served.Client.Call(FuseOpcode.FUSE_LSEEK, nodeid,
            FuseClient.Bytes(new fuse_lseek_in { fh = fh, whence = SeekData }))
            .Struct<fuse_lseek_out>(0).offset);
        fuse_copy_file_range_in copy = new()
        {
            fh_in = fh,
            off_in = 1 << 20,
            nodeid_out = second.Entry.nodeid,
            fh_out = second.Open.fh,
            off_out = 2,
            len = 4,
        };
        Assert.Equal(4u, served.Client.Call(FuseOpcode.FUSE_COPY_FILE_RANGE, nodeid,
            FuseClient.Bytes(copy)).Struct<fuse_write_out>(0).size);
        copy.off_out = 6;
        Assert.Equal(4ul, served.Client.Call(FuseOpcode.FUSE_COPY_FILE_RANGE_64, nodeid,
            FuseClient.Bytes(copy)).Struct<fuse_copy_file_range_out>(0).bytes_copied);
        Assert.Equal("\0\0datadata", File.ReadAllText($"{served.Path}/second"));
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_FALLOCATE, nodeid,
            FuseClient.Bytes(new fuse_fallocate_in { fh = fh, length = 2 << 20 })).Errno);
        Assert.Equal(2ul << 20, served.StatxOf("first").SizeBytes);
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_FLUSH, nodeid,
            FuseClient.Bytes(new fuse_flush_in { fh = fh })).Errno);
        Assert.Equal(Errno.None, served.Client.Call(FuseOpcode.FUSE_FSYNC, nodeid,
            FuseClient.Bytes(new fuse_fsync_in { fh = fh, fsync_flags = 1 })).Errno);
    }

    [Fact]
    public void Unknown_fhs_and_nodeids_are_errors_and_end_nothing()
    {
        using ServedFolder served = new();
        Assert.Equal(Errno.EBADF, served.Client.Read(Root, 99, 0, 10).Errno);
        Assert.Equal(Errno.EBADF, served.Client.Write(Root, 99, 0, [1]).Errno);
        Assert.Equal(Errno.EBADF, served.Client.Release(Root, 99).Errno);
        Assert.Equal(Errno.ESTALE, served.Client.GetAttr(12345).Errno);
        Assert.Equal(Errno.ESTALE, served.Client.Lookup(12345, "x").Errno);
        Assert.Equal(Errno.ESTALE, served.Client.Open(12345, 0).Errno);
        served.Client.Forget(12345, 1);
        Assert.Equal(Errno.EISDIR, served.Client.Open(Root, OpenFlags.ReadWrite).Errno);
        Assert.Equal(Errno.None, served.Client.GetAttr(Root).Errno);
    }

    [Fact]
    public void A_name_is_bytes_and_may_be_as_long_as_the_source_takes()
    {
        using ServedFolder served = new();
        byte[] odd = [0xFF, 0x80, (byte)'\n', 0];
        Reply made = served.Client.Call(FuseOpcode.FUSE_MKDIR, Root,
            FuseClient.Bytes(new fuse_mkdir_in { mode = FileModes.Octal755 }), odd);
        Assert.Equal(made.Entry.nodeid,
            served.Client.Call(FuseOpcode.FUSE_LOOKUP, Root, odd).Entry.nodeid);
        Assert.Equal(Errno.None,
            served.Client.Call(FuseOpcode.FUSE_RMDIR, Root, odd).Errno);
        Assert.Equal(Errno.ENAMETOOLONG,
            served.Client.Create(Root, new string('n', 256)).Errno);
        Assert.Equal(Errno.None, served.Client.Create(Root, new string('n', 255)).Errno);
    }
}
