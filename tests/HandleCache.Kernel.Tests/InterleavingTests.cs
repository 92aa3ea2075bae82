using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Inodes;
using HandleCache.Model.Kernel;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>Calls that are under way at the same time, each step chosen.</summary>
public class InterleavingTests
{
    private const int ForceSync = AtFlags.StatxForceSync;
    private const int DontSync = AtFlags.StatxDontSync;

    [Fact]
    public void Of_two_replies_to_one_object_the_late_one_changes_nothing()
    {
        Assert.Equal(2u, SizeAfterLateReply(ModelFaults.None));
        Assert.Equal(1u, SizeAfterLateReply(ModelFaults.Of(KernelFault.OldAttributesWin)));
    }

    [Fact]
    public void Attributes_of_a_new_inode_are_doubted_if_another_was_evicted_meanwhile()
    {
        Assert.True(AsksAgainAfterEviction(ModelFaults.None));
        Assert.False(AsksAgainAfterEviction(ModelFaults.Of(KernelFault.EvictionNotCounted)));
    }

    [Fact]
    public void Two_who_look_for_the_same_new_name_ask_once()
    {
        using KernelDriver bench = new();
        KernelCall first = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        KernelCall second = bench.Stat("a");
        Assert.False(bench.Kernel.HasRequest);
        bench.AnswerEntry(lookup, Entry(2, Regular));
        Assert.Equal(0, first.Result.Errno);
        Assert.Equal(0, second.Result.Errno);
        Assert.False(bench.Kernel.HasRequest);
        Assert.Equal(1u, bench.Kernel.Inodes.Held(2));
    }

    [Fact]
    public void The_second_of_two_lookups_takes_over_when_the_first_fails()
    {
        using KernelDriver bench = new();
        KernelCall first = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        KernelCall second = bench.Stat("a");
        bench.AnswerError(lookup, 12);
        Assert.Equal(12, first.Result.Errno);
        Assert.False(second.IsDone);
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, second.Result.Errno);
    }

    [Fact]
    public void A_lookup_waits_for_an_unlink_in_the_same_directory()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);
        KernelCall unlink = bench.Call(VfsCallKind.Unlink, "a");
        AskedRequest asked = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_UNLINK, asked.Opcode);
        KernelCall other = bench.Stat("b");
        Assert.False(bench.Kernel.HasRequest);
        bench.AnswerBytes(asked);
        Assert.Equal(0, unlink.Result.Errno);
        AskedRequest lookup = bench.Read();
        Assert.Equal("b", lookup.Name);
        bench.AnswerError(lookup, ENOENT);
        Assert.Equal(ENOENT, other.Result.Errno);
    }
    [Theory]
    [InlineData("d/x", "x", false)] // To another parent: the directory's own lock.
    [InlineData("d", "e", true)] // Within its parent: no other lock than the parent's.
    public void A_directory_is_locked_for_a_rename_to_another_parent_alone(
        string from, string to, bool isAtOnce)
    {
        using KernelDriver bench = new();
        string[] names = from.Split('/');
        for (int i = 0; i < names.Length; i++)
        {
            KernelCall known = bench.Stat(string.Join('/', names[..(i + 1)]));
            bench.AnswerEntry(bench.Read(), Entry(2 + (ulong)i, KernelDriver.Directory));
            Assert.Equal(0, known.Result.Errno);
        }

        KernelCall below = bench.Stat(from + "/below");
        AskedRequest lookup = bench.Read();
        KernelCall rename = bench.Kernel.Start(
            new(VfsCallKind.Rename) { Path = from, Path2 = to });
        bench.AnswerError(bench.Read(), ENOENT);
        Assert.Equal(isAtOnce, bench.Kernel.HasRequest);
        bench.AnswerError(lookup, ENOENT);
        Assert.Equal(ENOENT, below.Result.Errno);
        AskedRequest asked = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_RENAME, asked.Opcode);
        bench.AnswerBytes(asked);
        Assert.Equal(0, rename.Result.Errno);
    }

    /// <summary>rwsem_down_read_slowpath(): a free lock is anybody's, whoever was woken.</summary>
    [Fact]
    public void Who_comes_back_to_a_lock_before_the_woken_writer_has_it_first()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        KernelCall make = bench.Kernel.Start(new(VfsCallKind.MkDir) { Path = "b" });
        Assert.False(bench.Kernel.HasRequest);

        // ESTALE: the walk is done again, by the caller that runs already.
        bench.AnswerError(lookup, (int)Errno.ESTALE);
        AskedRequest again = bench.Read();
        Assert.Equal("a", again.Name);
        Assert.False(bench.Kernel.HasRequest);
        bench.AnswerError(again, ENOENT);
        Assert.Equal(ENOENT, stat.Result.Errno);
        Assert.Equal("b", bench.Read().Name);
        Assert.False(make.IsDone);
    }

    [Fact]
    public void A_forget_that_crosses_a_lookup_of_the_same_nodeid_takes_only_its_own_count()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);

        // The server looks "b" up, which is the same object, while the kernel evicts it as "a".
        KernelCall crossing = bench.Stat("b");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
        bench.AnswerEntry(lookup, Entry(2, Regular));

        // Its attributes are doubted because of that eviction (R9), hence one question more.
        bench.Answer(bench.Read(), Attributes(Regular));
        Assert.Equal(0, crossing.Result.Errno);
        Assert.Equal(1u, bench.Kernel.Inodes.Held(2));
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
    }

    [Fact]
    public void A_late_reply_cannot_bring_back_what_an_invalidation_outdated()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat(".", ForceSync);
        AskedRequest early = bench.Read();
        Assert.Equal(0, bench.Kernel.WriteReply(
        [
            .. BytesOf(new fuse_out_header
            {
                len = 40,
                error = (int)FuseNotifyCode.FUSE_NOTIFY_INVAL_INODE,
            }),
            .. BytesOf(new fuse_notify_inval_inode_out { ino = 1, off = -1 }),
        ]));
        bench.Answer(early, Attributes(KernelDriver.Directory, size: 7));
        Assert.True(stat.IsDone);
        KernelCall again = bench.Stat(".");
        bench.Answer(bench.Read(), Attributes(KernelDriver.Directory, size: 8));
        Assert.Equal(8u, again.Result.Stat!.Size);
    }

    [Fact]
    public void A_call_under_way_ends_with_ECONNABORTED_when_the_mount_goes()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.Read();
        bench.Kernel.Unmount();
        Assert.Equal(103, stat.Result.Errno);
    }

    /// <summary>
    /// Any schedule of several calls: every call ends, no count is lost, nothing that was
    /// forgotten is asked for. The same seed takes the same steps.
    /// </summary>
    [Fact]
    public void Whatever_the_order_of_steps_every_call_ends_and_every_count_is_kept() =>
        PropertyRun.CheckScripts(250, script =>
        {
            Script friendly = script with
            {
                Server = script.Server with { HostilePer1024 = 0, SendsHandles = false },
            };
            using InterleavedRun run = new(friendly);
            if (run.Run() is { } fault)
                return fault;
            using InterleavedRun again = new(friendly);
            return again.Run() ?? (run.Steps.SequenceEqual(again.Steps) ? null : "other steps");
        });

    /// <summary>The size believed in after size 2 was told and then, late, size 1.</summary>
    private static ulong SizeAfterLateReply(ModelFaults faults)
    {
        using KernelDriver bench = new(inodes: new FuseInodeCacheOptions { Faults = faults });
        KernelCall first = bench.Stat(".", ForceSync);
        AskedRequest early = bench.Read();
        KernelCall second = bench.Stat(".", ForceSync);
        bench.Answer(bench.Read(), Attributes(KernelDriver.Directory, size: 2));
        bench.Answer(early, Attributes(KernelDriver.Directory, size: 1));
        Assert.True(first.IsDone && second.IsDone);
        return bench.Stat(".", DontSync).Result.Stat!.Size;
    }

    /// <summary>Whether a stat asks the server although the entry's attributes are valid.</summary>
    private static bool AsksAgainAfterEviction(ModelFaults faults)
    {
        using KernelDriver bench = new(inodes: new FuseInodeCacheOptions { Faults = faults });
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);
        KernelCall other = bench.Stat("b");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Shrink();
        bench.ReadForgets();
        bench.AnswerEntry(lookup, Entry(3, Regular));
        return !other.IsDone;
    }
}
