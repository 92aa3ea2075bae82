using HandleCache.Model.Kernel;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// What requests that change something leave behind in kernels before 6.16: which names and
/// attributes are believed after them.
/// </summary>
public class OldChangesTests
{
    [Theory]
    [InlineData("5.10", (int)Errno.ENOSYS, true)]
    [InlineData("6.1", EPERM, true)]
    [InlineData("6.12", EPERM, true)]
    [InlineData("6.16", EPERM, false)]
    public void LINK_is_asked_again_after_ENOSYS_up_to_6_15(
        string version, int errno, bool asksAgain)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Know(bench, "a", 2);
        Assert.Equal(errno, Link(bench, out bool asked));
        Assert.True(asked);
        Assert.Equal(asksAgain ? errno : EPERM, Link(bench, out asked));
        Assert.Equal(asksAgain, asked);
    }

    private static int Link(KernelDriver bench, out bool asked)
    {
        KernelCall link = bench.Kernel.Start(
            new(VfsCallKind.Link) { Path = "a", Path2 = "b" });
        asked = false;
        while (!link.IsDone)
        {
            AskedRequest request = bench.Read();
            bool isLink = request.Opcode == FuseOpcode.FUSE_LINK;
            asked |= isLink;
            bench.AnswerError(request, isLink ? (int)Errno.ENOSYS : ENOENT);
        }

        return link.Result.Errno;
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", true)]
    [InlineData("6.12", false)]
    public void A_name_that_exists_already_stays_in_the_cache_up_to_6_11(
        string version, bool stays)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        KernelCall made = bench.Call(VfsCallKind.MkDir, "a");
        bench.AnswerError(bench.Read(), ENOENT);
        bench.AnswerError(bench.Read(), (int)Errno.EEXIST);
        Assert.Equal((int)Errno.EEXIST, made.Result.Errno);
        Assert.Equal(
            stays ? 0 : ENOENT, bench.InvalEntry(FuseConstants.FUSE_ROOT_ID, "a"));
    }

    [Theory]
    [InlineData("5.10", VfsCallKind.Unlink, true)]
    [InlineData("6.1", VfsCallKind.Unlink, true)]
    [InlineData("6.12", VfsCallKind.Unlink, false)]
    [InlineData("6.1", VfsCallKind.Rename, true)]
    [InlineData("6.12", VfsCallKind.Rename, false)]
    public void A_name_that_was_gone_already_stays_in_the_cache_up_to_6_11(
        string version, VfsCallKind kind, bool stays)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Know(bench, "a", 2);
        KernelCall change = bench.Kernel.Start(new(kind) { Path = "a", Path2 = "b" });
        List<string> forgotten = [];
        while (!change.IsDone)
        {
            AskedRequest asked = bench.Read();
            if (!KernelDriver.TryAddForgets(asked, forgotten))
                bench.AnswerError(asked, ENOENT);
        }

        Assert.Equal(ENOENT, change.Result.Errno);
        forgotten.AddRange(bench.ReadForgets());
        Assert.Equal(stays ? [] : ["2 1"], forgotten);
    }

    [Theory]
    [InlineData("6.1", false)]
    [InlineData("6.12", true)]
    public void An_eviction_meanwhile_is_counted_from_6_12_on(string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Know(bench, "a", 2);
        KernelCall stat = bench.Stat("b");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, Entry(3, Regular));
        Assert.Equal(asks, bench.Kernel.HasRequest);
        Assert.Equal(!asks, stat.IsDone);
    }

    [Theory]
    [InlineData("6.1", false)]
    [InlineData("6.12", true)]
    public void A_reply_to_SETATTR_that_was_overtaken_is_not_valid_from_6_12_on(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Know(bench, "a", 2);
        bench.Kernel.Start(new(VfsCallKind.ChMod) { Path = "a", Mode = FileModes.Octal644 });
        AskedRequest change = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_SETATTR, change.Opcode);
        bench.Stat("a", AtFlags.SymlinkNoFollow | AtFlags.StatxForceSync);
        bench.Answer(bench.Read(), Attributes(Regular));
        bench.Answer(change, Attributes(Regular));
        bench.Stat("a");
        Assert.Equal(asks, bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", true)]
    [InlineData("6.12", false)]
    public void Statx_of_nothing_asks_where_attributes_have_expired_up_to_6_5(
        string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Stat) { Path = ".", Mode = 0 });
        Assert.Equal(asks, bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("6.1", true)]
    public void A_removed_directory_is_outdated_from_5_16_on(string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "d",
            Flags = OpenFlags.ReadOnly | OpenFlags.Directory,
        });
        bench.AnswerEntry(bench.Read(), Entry(2, KernelDriver.Directory));
        bench.Answer(bench.Read(), new fuse_open_out());
        KernelCall removed = bench.Call(VfsCallKind.RmDir, "d");
        while (!removed.IsDone)
            bench.AnswerBytes(bench.Read());
        Assert.Equal(0, removed.Result.Errno);
        KernelCall stat = bench.Kernel.Start(
            new(VfsCallKind.FStat) { Mode = StatxMask.BasicStats });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (!asks)
            Assert.Equal(0u, stat.Result.Stat!.NLink);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    public void A_new_link_outdates_the_inode_up_to_5_15(string version, bool asks)
    {
        using KernelDriver bench = new(version: Versions.Of(version));
        Know(bench, "a", 2);
        KernelCall link = bench.Kernel.Start(
            new(VfsCallKind.Link) { Path = "a", Path2 = "b" });
        while (!link.IsDone)
        {
            AskedRequest asked = bench.Read();
            if (asked.Opcode == FuseOpcode.FUSE_LINK)
                bench.AnswerEntry(asked, Entry(2, Regular));
            else
                bench.AnswerError(asked, ENOENT);
        }

        Assert.Equal(0, link.Result.Errno);
        bench.Stat("b");
        Assert.Equal(asks, bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("5.10", false)]
    [InlineData("6.1", true)]
    public void A_failed_WRITE_overtakes_what_was_asked_before_from_5_16_on(
        string version, bool asks)
    {
        using KernelDriver bench = Opened(version);
        bench.Stat("a", AtFlags.SymlinkNoFollow | AtFlags.StatxForceSync);
        AskedRequest attributes = bench.Read();
        KernelCall write = bench.Kernel.Start(new(VfsCallKind.Write) { Size = 3 });
        while (!write.IsDone)
            bench.AnswerError(bench.Read(), EIO);
        Assert.Equal(EIO, write.Result.Errno);
        bench.Answer(attributes, Attributes(Regular));
        bench.Stat("a");
        Assert.Equal(asks, bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("5.10", true)]
    [InlineData("6.1", false)]
    public void A_page_behind_the_known_end_is_read_in_5_10(string version, bool asks)
    {
        using KernelDriver bench = Opened(version);
        KernelCall read = bench.Kernel.Start(
            new(VfsCallKind.Read) { Size = 10, Offset = 8192 });
        Assert.Equal(asks, bench.Kernel.HasRequest);
        if (asks)
        {
            AskedRequest asked = bench.Read();
            Assert.Equal(FuseOpcode.FUSE_READ, asked.Opcode);
            bench.AnswerBytes(asked);
        }

        Assert.Equal((0, 0L), (read.Result.Errno, read.Result.Value));

        // The page is in the cache now.
        bench.Kernel.Start(new(VfsCallKind.Read) { Size = 10, Offset = 8192 });
        Assert.False(bench.Kernel.HasRequest);
    }

    /// <summary>By the checks of vfs_fallocate() in fs/open.c of 6.1.192 and 6.12.117.</summary>
    [Theory]
    [InlineData("6.1", AllocateFlags.InsertRange | AllocateFlags.KeepSize, EINVAL)]
    [InlineData("6.12", AllocateFlags.InsertRange | AllocateFlags.KeepSize, EOPNOTSUPP)]
    [InlineData("6.1", AllocateFlags.CollapseRange | AllocateFlags.ZeroRange, EINVAL)]
    [InlineData("6.12", AllocateFlags.CollapseRange | AllocateFlags.ZeroRange, EOPNOTSUPP)]
    [InlineData("6.1", AllocateFlags.UnshareRange | AllocateFlags.ZeroRange, EINVAL)]
    [InlineData("6.1", AllocateFlags.UnshareRange | AllocateFlags.KeepSize, EBADF)]
    [InlineData("6.1", AllocateFlags.PunchHole, EOPNOTSUPP)]
    [InlineData("6.1", AllocateFlags.PunchHole | AllocateFlags.KeepSize, EBADF)]
    [InlineData("6.1", AllocateFlags.PunchHole | AllocateFlags.ZeroRange, EOPNOTSUPP)]
    [InlineData("6.1", AllocateFlags.InsertRange, EBADF)]
    [InlineData("6.16", AllocateFlags.WriteZeroes, EOPNOTSUPP)]
    [InlineData("6.17", AllocateFlags.WriteZeroes, EBADF)]
    [InlineData("6.1", 0x100, EOPNOTSUPP)]
    public void Allocation_refuses_modes_as_its_version_does(
        string version, int flags, int errno)
    {
        using KernelDriver bench = Opened(version, OpenFlags.ReadOnly);
        KernelCall allocated = bench.Kernel.Start(
            new(VfsCallKind.FAllocate) { Flags = flags, Size = 10 });
        Assert.Equal(errno, allocated.Result.Errno);
    }

    private const int EPERM = (int)Errno.EPERM;
    private const int EBADF = (int)Errno.EBADF;
    private const int EOPNOTSUPP = (int)Errno.EOPNOTSUPP;

    /// <summary>The file "a" of 5 bytes, nodeid 2, open and its attributes valid.</summary>
    private static KernelDriver Opened(string version, int flags = OpenFlags.ReadWrite)
    {
        KernelDriver bench = new(version: Versions.Of(version));
        KernelCall open = bench.Kernel.Start(
            new(VfsCallKind.Open) { Path = "a", Flags = flags });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, size: 5));
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        return bench;
    }

    private static void Know(KernelDriver bench, string name, ulong nodeId)
    {
        KernelCall stat = bench.Stat(name);
        bench.AnswerEntry(bench.Read(), Entry(nodeId, Regular));
        Assert.True(stat.IsDone);
    }
}
