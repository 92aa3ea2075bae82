using System.Runtime.InteropServices;
using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// What each version says in INIT, and what versions before 6.12 do not know or do otherwise.
/// </summary>
public class OldKernelTests
{
    /// <summary>
    /// Read from /dev/fuse of Debian's kernels: 5.10.0-43, 6.1.0-56, 6.12.118, 6.16.12, 6.17.13,
    /// 6.18.15, 6.19.14, 7.0.13, 7.1.13, 7.2.13, 7.3.4.
    /// </summary>
    [Theory]
    [InlineData("5.10", 16, 32u, 0x03fffffbu, 0u)]
    [InlineData("6.1", 64, 38u, 0x73fffffbu, 0x00bu)]
    [InlineData("6.12", 64, 41u, 0x73fffffbu, 0x1ffu)]
    [InlineData("6.16", 64, 44u, 0x73fffffbu, 0x5ffu)]
    [InlineData("6.17", 64, 44u, 0x73fffffbu, 0x5ffu)]
    [InlineData("6.18", 64, 45u, 0x73fffffbu, 0x5ffu)]
    [InlineData("6.19", 64, 45u, 0x73fffffbu, 0x5ffu)]
    [InlineData("7.0", 64, 45u, 0x73fffffbu, 0x5ffu)]
    [InlineData("7.1", 64, 45u, 0x73fffffbu, 0x5ffu)]
    [InlineData("7.2", 64, 45u, 0x73fffffbu, 0x5ffu)]
    [InlineData("7.3", 64, 46u, 0x73fffffbu, 0x5ffu)]
    public void INIT_offers_what_that_version_did(
        string version, int bytes, uint minor, uint flags, uint flags2)
    {
        using ModelKernel kernel = new(new ModelKernelOptions { Version = Versions.Of(version) });
        kernel.Mount();
        byte[] message = new byte[4096];
        int length = kernel.ReadRequest(message);
        Assert.Equal(FuseRequest.HeaderBytes + bytes, length);
        WireReader reader = new(message.AsSpan(FuseRequest.HeaderBytes, bytes));
        Assert.True(InitReader.TryRead(ref reader, out fuse_init_in init));
        Assert.Equal(minor, init.minor);
        FuseInitFlags measured = (FuseInitFlags)(((ulong)flags2 << 32) | flags);
        Assert.Equal(
            measured & ~ModelKernelOptions.MachineOffer,
            InitWords.Offered(init) & ~ModelKernelOptions.MachineOffer);
    }

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("6.1", true)]
    public void INVAL_ENTRY_that_only_expires_drops_the_name_in_5_10(string version, bool isKept)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall stat = bench.Stat("c");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.True(stat.IsDone);
        byte[] body =
        [
            .. BytesOf(new fuse_notify_inval_entry_out
            {
                parent = FuseConstants.FUSE_ROOT_ID,
                namelen = 1,
                flags = FuseConstants.FUSE_EXPIRE_ONLY,
            }),
            (byte)'c', 0,
        ];
        Assert.Equal(0, bench.Notify(FuseNotifyCode.FUSE_NOTIFY_INVAL_ENTRY, body));
        Assert.Equal(isKept ? [] : ["2 1"], bench.ReadForgets());
    }

    [Theory]
    [InlineData("6.1", true)]
    [InlineData("6.4", true)]
    [InlineData("6.5", false)]
    [InlineData("6.12", false)]
    public void A_handle_to_tell_files_apart_is_EINVAL_without_a_walk_up_to_6_4(
        string version, bool isUnknown)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall name = bench.Kernel.Start(
            new(VfsCallKind.NameToHandle) { Path = "a", Flags = AtFlags.HandleFid });
        Assert.Equal(!isUnknown, bench.Kernel.HasRequest);
        Assert.Equal(isUnknown, name.IsDone);
        if (isUnknown)
            Assert.Equal(EINVAL, name.Result.Errno);
    }

    [Theory]
    [InlineData("6.18", FileModes.Socket, true)]
    [InlineData("7.0", FileModes.Socket, true)]
    [InlineData("7.1", FileModes.Socket, false)]
    [InlineData("7.3", FileModes.Socket, false)]
    [InlineData("7.3", FileModes.Fifo, true)]
    [InlineData("6.18", FileModes.Regular, false)]
    public void A_socket_has_extended_attributes_of_users_from_7_1_on(
        string version, uint type, bool isRefused)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall changed = bench.Kernel.Start(
            new(VfsCallKind.RemoveXattr) { Path = "s", Path2 = "user.x" });
        bench.AnswerEntry(bench.Read(), Entry(2, type | FileModes.Octal644));
        Assert.Equal(isRefused, changed.IsDone);
        if (isRefused)
            Assert.Equal((int)Errno.EPERM, changed.Result.Errno);
        else
            Assert.Equal(FuseOpcode.FUSE_REMOVEXATTR, bench.Read().Opcode);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("5.15", true)]
    [InlineData("6.1", false)]
    public void A_change_outdates_mode_and_owner_up_to_5_15(string version, bool asks)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_POSIX_ACL,
            version: Versions.Of(version));
        KernelCall set = bench.Kernel.Start(
            new(VfsCallKind.SetXattr) { Path = ".", Path2 = "user.x", Size = 1 });
        while (!set.IsDone)
        {
            AskedRequest asked = bench.Read();
            if (asked.Opcode == FuseOpcode.FUSE_GETATTR)
                bench.Answer(asked, Attributes(KernelDriver.Directory));
            else
                bench.AnswerBytes(asked);
        }

        Assert.Equal(0, set.Result.Errno);

        // Permission to walk through the root is asked of its mode.
        bench.Stat("a");
        Assert.Equal(
            asks ? FuseOpcode.FUSE_GETATTR : FuseOpcode.FUSE_LOOKUP, bench.Read().Opcode);
    }

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("6.1", true)]
    public void Zeroing_a_range_is_EOPNOTSUPP_without_a_request_in_5_10(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Open) { Path = "a", Flags = OpenFlags.ReadWrite });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        bench.Answer(bench.Read(), new fuse_open_out());
        KernelCall zero = bench.Kernel.Start(
            new(VfsCallKind.FAllocate) { Flags = AllocateFlags.ZeroRange, Size = 10 });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (!asks)
            Assert.Equal((int)Errno.EOPNOTSUPP, zero.Result.Errno);
    }

    [Theory]
    [InlineData("5.10", FuseOpcode.FUSE_GETATTR)]
    [InlineData("6.1", FuseOpcode.FUSE_GETATTR)]
    [InlineData("6.12", FuseOpcode.FUSE_STATX)]
    public void The_time_of_birth_is_not_asked_for_up_to_6_1(string version, FuseOpcode opcode)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Stat)
        {
            Path = ".",
            Mode = StatxMask.BasicStats | StatxMask.BirthTime,
        });
        Assert.Equal(opcode, bench.Read().Opcode);
    }

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("6.1", true)]
    public void A_file_without_a_name_is_EOPNOTSUPP_without_a_request_in_5_10(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = ".",
            Flags = OpenFlags.TmpFile | OpenFlags.ReadWrite,
            Mode = FileModes.Octal644,
        });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (!asks)
            Assert.Equal((int)Errno.EOPNOTSUPP, open.Result.Errno);
    }

    /// <summary>
    /// NoiseRules, "root-acl": whether forget_cached_acl() ends ACL_DONT_CACHE of the root, which
    /// 5.10 and 6.1 do not have.
    /// </summary>
    [Theory]
    [InlineData("5.10", false, 1)]
    [InlineData("6.1", false, 1)]
    [InlineData("6.12", false, 2)]
    [InlineData("6.12", true, 1)]
    [InlineData("6.18", false, 2)]
    public void The_roots_list_is_asked_for_each_time_unless_it_is_kept(
        string version, bool forgettingKeeps, int times)
    {
        using KernelDriver bench = new(
            FuseInitFlags.FUSE_PARALLEL_DIROPS | FuseInitFlags.FUSE_POSIX_ACL,
            version: Versions.Of(version),
            kernel: new() { ForgettingKeepsRootList = forgettingKeeps });
        int asked = 0;
        for (int walk = 0; walk < 2; walk++)
        {
            KernelCall stat = bench.Kernel.Start(new(VfsCallKind.Stat)
            {
                Path = "a",
                Mode = StatxMask.BasicStats,
                Uid = 1000,
            });
            while (!stat.IsDone)
                asked += AnswerWalk(bench, bench.Read());
            Assert.Equal(0, stat.Result.Errno);
        }

        Assert.Equal(times, asked);
    }

    /// <summary>1 for the list of the root, of which there is none.</summary>
    private static int AnswerWalk(KernelDriver bench, AskedRequest request)
    {
        switch (request.Opcode)
        {
            case FuseOpcode.FUSE_GETXATTR:
                Assert.Equal(FuseConstants.FUSE_ROOT_ID, request.NodeId);
                bench.AnswerError(request, (int)Errno.ENODATA);
                return 1;
            case FuseOpcode.FUSE_GETATTR:
                bench.Answer(request, Attributes(KernelDriver.Directory));
                return 0;
            default:
                bench.AnswerEntry(request, Entry(2, Regular));
                return 0;
        }
    }

    [Fact]
    public void A_version_between_two_offers_what_the_older_one_does()
    {
        Assert.Equal(KernelOffer.Of(new(6, 12)), KernelOffer.Of(new(6, 15)));
        Assert.Equal(KernelOffer.Of(new(5, 10)), KernelOffer.Of(new(4, 19)));
        Assert.Equal(
            KernelOffer.All.Select(offer => offer.First).Order(),
            KernelOffer.All.Select(offer => offer.First));
    }
}
