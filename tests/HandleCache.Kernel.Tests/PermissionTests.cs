using System.Runtime.InteropServices;
using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Who may do what, R20: generic_permission(), posix_acl_permission(), setattr_prepare().
/// </summary>
public sealed class PermissionTests
{
    private const uint User = 1000;
    private const int EACCES = (int)Errno.EACCES;
    private const int EPERM = (int)Errno.EPERM;

    /// <summary>ACL_USER_OBJ, ACL_USER, ... (include/uapi/linux/posix_acl.h).</summary>
    private const ushort UserObj = 1, NamedUser = 2, GroupObj = 4, NamedGroup = 8, Mask = 16,
        Other = 32;

    [Theory]
    [InlineData(User, 5u, 0x180u, 6u, 0)]
    [InlineData(User, 5u, 0x080u, 4u, EACCES)] // An owner is not one of the others.
    [InlineData(0u, User, 0x030u, 6u, 0)]
    [InlineData(0u, User, 0x006u, 4u, EACCES)] // Nor is a member of the group.
    [InlineData(0u, 5u, 0x004u, 4u, 0)]
    [InlineData(0u, 5u, 0x1FBu, 4u, EACCES)]
    public void A_user_has_the_bits_of_owner_group_or_others(
        uint uid, uint gid, uint mode, uint want, int errno)
    {
        using KernelDriver bench = WithChecks();
        Find(bench, Owned(mode, uid, gid));
        KernelCall access = Access(bench, want);
        if (errno != 0)
            bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(mode, uid, gid));
        Assert.Equal(errno, access.Result.Errno);
    }

    [Theory]
    [InlineData(0x007, 6u, 0)] // The user's own entry, through a mask that grants all.
    [InlineData(0x001, 6u, EACCES)] // The mask takes it.
    public void A_named_user_has_his_entry_of_the_list_through_the_mask(
        int mask, uint want, int errno)
    {
        using KernelDriver bench = WithAcls();
        Find(bench, Owned(0x1F8, 0, 5));
        KernelCall access = Access(bench, want);
        AskedRequest asked = Expect(bench, FuseOpcode.FUSE_GETXATTR);
        Assert.Equal((2ul, 4096u), (asked.NodeId, MemoryMarshal.Read<uint>(asked.Body)));
        byte[] acl = Acl(
            (UserObj, 7, uint.MaxValue), (NamedUser, 6, User), (GroupObj, 0, uint.MaxValue),
            (Mask, mask, uint.MaxValue), (Other, 0, uint.MaxValue));
        bench.AnswerBytes(asked, acl);
        if (errno != 0)
        {
            bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(0x1F8, 0, 5));
            bench.AnswerBytes(Expect(bench, FuseOpcode.FUSE_GETXATTR), acl);
        }

        Assert.Equal(errno, access.Result.Errno);
    }

    [Fact]
    public void A_member_of_groups_that_do_not_grant_it_is_not_one_of_the_others()
    {
        using KernelDriver bench = WithAcls();
        Find(bench, Owned(0x1F8, 0, User));
        KernelCall access = Access(bench, 4);
        byte[] acl = Acl(
            (UserObj, 7, uint.MaxValue), (GroupObj, 1, uint.MaxValue), (NamedGroup, 2, User),
            (Mask, 7, uint.MaxValue), (Other, 7, uint.MaxValue));
        bench.AnswerBytes(Expect(bench, FuseOpcode.FUSE_GETXATTR), acl);
        bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(0x1F8, 0, User));
        bench.AnswerBytes(Expect(bench, FuseOpcode.FUSE_GETXATTR), acl);
        Assert.Equal(EACCES, access.Result.Errno);
    }

    [Fact]
    public void No_list_is_remembered_until_attributes_are_asked_for_but_for_the_root()
    {
        using KernelDriver bench = WithAcls();
        Find(bench, Owned(0x1ED, 0, 0));
        KernelCall first = Access(bench, 4);
        bench.AnswerError(Expect(bench, FuseOpcode.FUSE_GETXATTR), (int)Errno.ENODATA);
        Assert.Equal(0, first.Result.Errno);
        KernelCall second = Access(bench, 4);
        Assert.Equal(0, second.Result.Errno);

        bench.Notify(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
            KernelDriver.BytesOf(new fuse_notify_inval_inode_out { ino = 2, off = -1 }));
        KernelCall third = Access(bench, 4);
        bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(0x1ED, 0, 0));
        bench.AnswerError(Expect(bench, FuseOpcode.FUSE_GETXATTR), (int)Errno.ENODATA);
        Assert.Equal(0, third.Result.Errno);
    }

    /// <summary>__get_acl(), fs/posix_acl.c: the sentinel is gone.</summary>
    [Fact]
    public void A_list_that_is_forgotten_while_it_is_asked_for_is_not_remembered()
    {
        using KernelDriver bench = WithAcls();
        Find(bench, Owned(0x1ED, 0, 0));
        KernelCall first = Access(bench, 4);
        AskedRequest asked = Expect(bench, FuseOpcode.FUSE_GETXATTR);
        KernelCall stat = bench.Stat("a", AtFlags.StatxForceSync);
        bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(0x1ED, 0, 0));
        Assert.Equal(0, stat.Result.Errno);
        bench.AnswerError(asked, (int)Errno.ENODATA);
        Assert.Equal(0, first.Result.Errno);
        KernelCall second = Access(bench, 4);
        bench.AnswerError(Expect(bench, FuseOpcode.FUSE_GETXATTR), (int)Errno.ENODATA);
        Assert.Equal(0, second.Result.Errno);
    }

    [Fact]
    public void A_list_that_cannot_be_read_is_the_callers_error()
    {
        using KernelDriver bench = WithAcls();
        Find(bench, Owned(0x1ED, 0, 0));
        KernelCall access = Access(bench, 4);
        bench.AnswerBytes(Expect(bench, FuseOpcode.FUSE_GETXATTR), 9, 0, 0, 0);
        Assert.Equal((int)Errno.EOPNOTSUPP, access.Result.Errno);
    }

    [Theory]
    [InlineData(VfsCallKind.ChMod)]
    [InlineData(VfsCallKind.ChOwn)]
    [InlineData(VfsCallKind.UTimes)]
    public void Only_its_owner_changes_mode_group_and_times(VfsCallKind kind)
    {
        using KernelDriver bench = WithChecks();
        Find(bench, Owned(0x1FF, 0, 0));
        KernelCall others = bench.Kernel.Start(new(kind) { Path = "a", Mode = User, Uid = User });
        AnswerKill(bench, kind, 0);
        Assert.Equal(EPERM, others.Result.Errno);

        bench.InvalEntry(1, "a");
        Find(bench, Owned(0x1FF, User, 0) with { generation = 2 });
        KernelCall own = bench.Kernel.Start(new(kind) { Path = "a", Mode = User, Uid = User });
        AnswerKill(bench, kind, User);
        bench.Answer(Expect(bench, FuseOpcode.FUSE_SETATTR), OwnedAttributes(0x1FF, User, 0));
        Assert.Equal(0, own.Result.Errno);
    }

    [Fact]
    public void Chmod_by_an_owner_who_is_not_of_the_group_leaves_out_set_group_ID()
    {
        using KernelDriver bench = WithChecks();
        Find(bench, Owned(0x1FF, User, 5));
        bench.Kernel.Start(new(VfsCallKind.ChMod) { Path = "a", Mode = 0x5ED, Uid = User });
        AskedRequest asked = Expect(bench, FuseOpcode.FUSE_SETATTR);
        Assert.Equal(
            FileModes.Regular | FileModes.Octal755,
            MemoryMarshal.Read<fuse_setattr_in>(asked.Body).mode);
        bench.Answer(asked, OwnedAttributes(0x1ED, User, 5));
    }

    [Theory]
    [InlineData((FuseInitFlags)0, FuseSetattrValid.FATTR_MODE)]
    [InlineData(FuseInitFlags.FUSE_HANDLE_KILLPRIV_V2, (FuseSetattrValid)0)]
    public void A_cached_write_by_a_user_takes_set_user_ID_away_before(
        FuseInitFlags agreed, FuseSetattrValid valid)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | agreed);
        Find(bench, Owned(FileModes.SetUid | 0x1FF, 0, 0));
        KernelCall open = bench.Kernel.Start(
            new(VfsCallKind.Open) { Path = "a", Flags = OpenFlags.WriteOnly });
        bench.Answer(Expect(bench, FuseOpcode.FUSE_OPEN), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);

        KernelCall write = bench.Kernel.Start(
            new(VfsCallKind.Write) { Size = 10, Uid = User });
        if (agreed == 0)
        {
            bench.Answer(
                Expect(bench, FuseOpcode.FUSE_GETATTR),
                OwnedAttributes(FileModes.SetUid | 0x1FF, 0, 0));
        }

        AskedRequest asked = Expect(bench, FuseOpcode.FUSE_SETATTR);
        Assert.Equal(
            valid, (FuseSetattrValid)MemoryMarshal.Read<fuse_setattr_in>(asked.Body).valid);
        bench.Answer(asked, OwnedAttributes(0x1FF, 0, 0));
        bench.Answer(Expect(bench, FuseOpcode.FUSE_WRITE), new fuse_write_out { size = 10 });
        Assert.Equal(0, write.Result.Errno);
    }

    [Fact]
    public void A_truncating_open_asks_for_the_mode_by_its_file_and_cuts_by_nodeid()
    {
        using KernelDriver bench = new();
        Find(bench, Owned(FileModes.SetUid | 0x1FF, 0, 0));
        bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "a",
            Flags = OpenFlags.WriteOnly | OpenFlags.Truncate,
            Uid = User,
        });
        bench.Answer(Expect(bench, FuseOpcode.FUSE_OPEN), new fuse_open_out { fh = 7 });

        AskedRequest mode = Expect(bench, FuseOpcode.FUSE_GETATTR);
        fuse_getattr_in asked = MemoryMarshal.Read<fuse_getattr_in>(mode.Body);
        Assert.Equal((FuseConstants.FUSE_GETATTR_FH, 7ul), (asked.getattr_flags, asked.fh));
        bench.Answer(mode, OwnedAttributes(FileModes.SetUid | 0x1FF, 0, 0));

        FuseSetattrValid valid = (FuseSetattrValid)MemoryMarshal.Read<fuse_setattr_in>(
            Expect(bench, FuseOpcode.FUSE_SETATTR).Body).valid;
        Assert.Equal(FuseSetattrValid.FATTR_SIZE, valid & FuseSetattrValid.FATTR_SIZE);
        Assert.Equal((FuseSetattrValid)0, valid & FuseSetattrValid.FATTR_FH);
    }

    [Fact]
    public void One_script_in_four_has_calls_of_a_user_and_every_kind_of_them()
    {
        Script[] scripts = [.. Enumerable.Range(0, 400).Select(
            seed => ScriptGenerator.Make((ulong)seed, 50))];
        Script[] ofUsers = [.. scripts.Where(s => s.Calls.Any(call => call.Uid != 0))];
        Assert.InRange(ofUsers.Length, 60, 140);
        Assert.Contains(ofUsers, script => script.Server.HasAcls);
        Assert.Contains(ofUsers, script => !script.Server.HasAcls);
        VfsCallKind[] kinds = [.. ofUsers.SelectMany(script => script.Calls)
            .Where(call => call.Uid != 0).Select(call => call.Kind).Distinct()];
        Assert.Equal(
            [VfsCallKind.OpenByHandle, VfsCallKind.Sleep],
            Enum.GetValues<VfsCallKind>()
                .Where(kind => kind < VfsCallKind.NotifyInvalInode).Except(kinds).Order());
    }

    private static KernelDriver WithChecks() =>
        new(kernel: new() { DefaultPermissions = true });

    private static KernelDriver WithAcls() =>
        new(FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_POSIX_ACL);

    /// <summary>Looks "a" up as root, whose walk asks what it has to of the root.</summary>
    private static void Find(KernelDriver bench, fuse_entry_out entry)
    {
        KernelCall stat = bench.Stat("a");
        AskedRequest asked = bench.Read();
        if (asked.Opcode == FuseOpcode.FUSE_GETATTR)
        {
            bench.Answer(asked, KernelDriver.Attributes(KernelDriver.Directory));
            asked = bench.Read();
        }

        Assert.Equal(FuseOpcode.FUSE_LOOKUP, asked.Opcode);
        bench.AnswerEntry(asked, entry);
        Assert.Equal(0, stat.Result.Errno);
    }

    /// <summary>
    /// faccessat2() with AT_EACCESS as the user, whose walk asks for the root's list each time.
    /// </summary>
    private static KernelCall Access(KernelDriver bench, uint want)
    {
        KernelCall access = bench.Kernel.Start(
            new(VfsCallKind.Access)
            {
                Path = "a",
                Mode = want,
                Flags = AtFlags.EAccess,
                Uid = User,
            });
        if ((bench.Kernel.Agreed & FuseInitFlags.FUSE_POSIX_ACL) != 0)
        {
            AskedRequest asked = Expect(bench, FuseOpcode.FUSE_GETXATTR);
            Assert.Equal(1ul, asked.NodeId);
            bench.AnswerError(asked, (int)Errno.ENODATA);
        }

        return access;
    }

    /// <summary>A chown asks for the mode first, whoever calls.</summary>
    private static void AnswerKill(KernelDriver bench, VfsCallKind kind, uint uid)
    {
        if (kind == VfsCallKind.ChOwn)
            bench.Answer(Expect(bench, FuseOpcode.FUSE_GETATTR), OwnedAttributes(0x1FF, uid, 0));
    }

    private static AskedRequest Expect(KernelDriver bench, FuseOpcode opcode)
    {
        AskedRequest asked = bench.Read();
        Assert.Equal(opcode, asked.Opcode);
        return asked;
    }

    private static fuse_entry_out Owned(uint mode, uint uid, uint gid)
    {
        fuse_entry_out entry = KernelDriver.Entry(2, FileModes.Regular | mode);
        (entry.attr.uid, entry.attr.gid) = (uid, gid);
        return entry;
    }

    private static fuse_attr_out OwnedAttributes(uint mode, uint uid, uint gid)
    {
        fuse_attr_out reply = KernelDriver.Attributes(FileModes.Regular | mode);
        (reply.attr.uid, reply.attr.gid) = (uid, gid);
        return reply;
    }

    /// <summary>struct posix_acl_xattr_header and its entries, little-endian.</summary>
    private static byte[] Acl(params (ushort Tag, int Permissions, uint Id)[] entries) =>
    [
        2, 0, 0, 0,
        .. entries.SelectMany(entry => (byte[])
        [
            .. BitConverter.GetBytes(entry.Tag),
            .. BitConverter.GetBytes((ushort)entry.Permissions),
            .. BitConverter.GetBytes(entry.Id),
        ]),
    ];
}
