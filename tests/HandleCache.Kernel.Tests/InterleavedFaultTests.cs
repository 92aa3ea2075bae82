using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// Rules that only calls under way at the same time, evictions between request and reply or a
/// resent request show: each holds in the sound model, and not in the one that breaks it.
/// </summary>
public class InterleavedFaultTests
{
    private const ulong ResendBit = 1ul << 63;

    [Fact]
    public void An_eviction_meanwhile_does_not_outdate_the_attributes_of_a_known_inode()
    {
        Assert.False(AsksForKnownAfterEviction(ModelFaults.None));
        Assert.True(AsksForKnownAfterEviction(ModelFaults.Of(KernelFault.EvictionDoubtsKnown)));
    }

    [Fact]
    public void The_eviction_of_an_inode_without_links_outdates_nothing()
    {
        Assert.False(AsksAfterEvictionOfUnlinked(ModelFaults.None));
        Assert.True(
            AsksAfterEvictionOfUnlinked(ModelFaults.Of(KernelFault.UnlinkedEvictionCounts)));
    }

    [Fact]
    public void A_reply_to_SETATTR_older_than_what_is_known_is_not_valid_for_any_time()
    {
        Assert.True(AsksAfterLateSetAttr(ModelFaults.None));
        Assert.False(AsksAfterLateSetAttr(ModelFaults.Of(KernelFault.OldSetAttrStaysValid)));
    }

    [Fact]
    public void A_reply_from_before_a_WRITE_changes_nothing_after_it()
    {
        Assert.Equal(10u, SizeAfterWriteAndLateReply(ModelFaults.None));
        Assert.Equal(
            0u, SizeAfterWriteAndLateReply(ModelFaults.Of(KernelFault.WriteKeepsVersion)));
    }

    [Fact]
    public void A_reply_without_the_mark_of_a_resent_request_is_nobodys()
    {
        Assert.Equal(Bench.ENOENT, AnswerWithoutMark(ModelFaults.None));
        Assert.Equal(0, AnswerWithoutMark(ModelFaults.Of(KernelFault.ResendMarkIgnored)));
    }

    private static bool AsksForKnownAfterEviction(ModelFaults faults)
    {
        using Bench bench = NewBench(faults);
        Look(bench, "a", 2);
        KernelCall held = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "a",
            Flags = OpenFlags.Path,
        });
        Assert.Equal(0, held.Result.Errno);
        Look(bench, "b", 3);
        Assert.Equal(0, bench.Notify(
            FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
            Bench.BytesOf(new fuse_notify_inval_inode_out { ino = 2, off = -1 })));
        KernelCall other = bench.Stat("x");
        Asked lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["3 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, Bench.Entry(2, Bench.Regular));
        return !other.IsDone;
    }

    private static bool AsksAfterEvictionOfUnlinked(ModelFaults faults)
    {
        using Bench bench = NewBench(faults);
        KernelCall stat = bench.Stat("a");
        fuse_entry_out unlinked = Bench.Entry(2, Bench.Regular);
        unlinked.attr.nlink = 0;
        bench.AnswerEntry(bench.Read(), unlinked);
        Assert.Equal(0, stat.Result.Errno);
        KernelCall other = bench.Stat("b");
        Asked lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, Bench.Entry(3, Bench.Regular));
        return !other.IsDone;
    }

    private static bool AsksAfterLateSetAttr(ModelFaults faults)
    {
        using Bench bench = NewBench(faults);
        KernelCall chmod = bench.Call(VfsCallKind.ChMod, ".");
        Asked setattr = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_SETATTR, setattr.Opcode);
        KernelCall stat = bench.Stat(".", AtFlags.StatxForceSync);
        bench.Answer(bench.Read(), Bench.Attributes(Bench.Directory));
        Assert.Equal(0, stat.Result.Errno);
        bench.Answer(setattr, Bench.Attributes(Bench.Directory));
        Assert.Equal(0, chmod.Result.Errno);
        return !bench.Stat(".").IsDone;
    }

    private static ulong SizeAfterWriteAndLateReply(ModelFaults faults)
    {
        using Bench bench = NewBench(faults);
        Look(bench, "a", 2);
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "a",
            Flags = OpenFlags.ReadWrite,
        });
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        bench.Stat("a", AtFlags.StatxForceSync);
        Asked late = bench.Read();
        KernelCall write = bench.Kernel.Start(new(VfsCallKind.Write) { Size = 10 });
        bench.Answer(bench.Read(), new fuse_write_out { size = 10 });
        Assert.Equal(10, write.Result.Value);
        bench.Answer(late, Bench.Attributes(Bench.Regular));
        return bench.Stat("a", AtFlags.StatxDontSync).Result.Stat!.Size;
    }

    private static int AnswerWithoutMark(ModelFaults faults)
    {
        using Bench bench = NewBench(faults);
        bench.Stat(".", AtFlags.StatxForceSync);
        Asked asked = bench.Read();
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
        Assert.Equal(asked.Unique | ResendBit, bench.Read().Unique);
        return bench.Answer(asked, Bench.Attributes(Bench.Directory));
    }

    private static Bench NewBench(ModelFaults faults) =>
        new(inodes: new() { Faults = faults });

    private static void Look(Bench bench, string name, ulong nodeId)
    {
        KernelCall stat = bench.Stat(name);
        bench.AnswerEntry(bench.Read(), Bench.Entry(nodeId, Bench.Regular));
        Assert.Equal(0, stat.Result.Errno);
    }
}
