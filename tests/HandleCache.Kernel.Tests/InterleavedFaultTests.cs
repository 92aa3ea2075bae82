using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
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
        Assert.Equal(KernelDriver.ENOENT, AnswerWithoutMark(ModelFaults.None));
        Assert.Equal(0, AnswerWithoutMark(ModelFaults.Of(KernelFault.ResendMarkIgnored)));
    }

    private static bool AsksForKnownAfterEviction(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
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
            KernelDriver.BytesOf(new fuse_notify_inval_inode_out { ino = 2, off = -1 })));
        KernelCall other = bench.Stat("x");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["3 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, KernelDriver.Entry(2, KernelDriver.Regular));
        return !other.IsDone;
    }

    private static bool AsksAfterEvictionOfUnlinked(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        KernelCall stat = bench.Stat("a");
        fuse_entry_out unlinked = KernelDriver.Entry(2, KernelDriver.Regular);
        unlinked.attr.nlink = 0;
        bench.AnswerEntry(bench.Read(), unlinked);
        Assert.Equal(0, stat.Result.Errno);
        KernelCall other = bench.Stat("b");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, KernelDriver.Entry(3, KernelDriver.Regular));
        return !other.IsDone;
    }

    private static bool AsksAfterLateSetAttr(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        KernelCall chmod = bench.Call(VfsCallKind.ChMod, ".");
        AskedRequest setattr = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_SETATTR, setattr.Opcode);
        KernelCall stat = bench.Stat(".", AtFlags.StatxForceSync);
        bench.Answer(bench.Read(), KernelDriver.Attributes(KernelDriver.Directory));
        Assert.Equal(0, stat.Result.Errno);
        bench.Answer(setattr, KernelDriver.Attributes(KernelDriver.Directory));
        Assert.Equal(0, chmod.Result.Errno);
        return !bench.Stat(".").IsDone;
    }

    private static ulong SizeAfterWriteAndLateReply(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        Look(bench, "a", 2);
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open)
        {
            Path = "a",
            Flags = OpenFlags.ReadWrite,
        });
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        bench.Stat("a", AtFlags.StatxForceSync);
        AskedRequest late = bench.Read();
        KernelCall write = bench.Kernel.Start(new(VfsCallKind.Write) { Size = 10 });
        bench.Answer(bench.Read(), new fuse_write_out { size = 10 });
        Assert.Equal(10, write.Result.Value);
        bench.Answer(late, KernelDriver.Attributes(KernelDriver.Regular));
        return bench.Stat("a", AtFlags.StatxDontSync).Result.Stat!.Size;
    }

    private static int AnswerWithoutMark(ModelFaults faults)
    {
        using KernelDriver bench = NewBench(faults);
        bench.Stat(".", AtFlags.StatxForceSync);
        AskedRequest asked = bench.Read();
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
        Assert.Equal(asked.Unique | ResendBit, bench.Read().Unique);
        return bench.Answer(asked, KernelDriver.Attributes(KernelDriver.Directory));
    }

    private static KernelDriver NewBench(ModelFaults faults) =>
        new(inodes: new() { Faults = faults });

    private static void Look(KernelDriver bench, string name, ulong nodeId)
    {
        KernelCall stat = bench.Stat(name);
        bench.AnswerEntry(bench.Read(), KernelDriver.Entry(nodeId, KernelDriver.Regular));
        Assert.Equal(0, stat.Result.Errno);
    }
}
