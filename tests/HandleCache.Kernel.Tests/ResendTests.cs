using HandleCache.Lab.Differential;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// FUSE_NOTIFY_RESEND (fuse_resend(), fs/fuse/dev.c): what was read is read again.
/// </summary>
public class ResendTests
{
    private const ulong ResendBit = 1ul << 63;
    private const int ForceSync = AtFlags.StatxForceSync;

    [Fact]
    public void Unanswered_requests_come_again_marked_and_oldest_first()
    {
        using KernelDriver bench = new();
        KernelCall[] calls = [.. Enumerable.Range(0, 3).Select(_ => bench.Stat(".", ForceSync))];
        AskedRequest first = bench.Read();
        AskedRequest second = bench.Read();
        Assert.Equal(0, bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND));
        Assert.Equal(0, bench.Kernel.Unanswered);
        AskedRequest again = bench.Read();
        Assert.Equal(first.Unique | ResendBit, again.Unique);
        Assert.Equal(first.Opcode, again.Opcode);
        Assert.Equal(first.NodeId, again.NodeId);
        Assert.Equal(first.Body, again.Body);
        AskedRequest secondAgain = bench.Read();
        Assert.Equal(second.Unique | ResendBit, secondAgain.Unique);

        // The third was never read: it is not marked, and comes last.
        AskedRequest third = bench.Read();
        Assert.Equal(0u, third.Unique & ResendBit);
        foreach (AskedRequest asked in new[] { third, again, secondAgain })
            Assert.Equal(0, bench.Answer(asked, KernelDriver.Attributes(KernelDriver.Directory)));
        Assert.All(calls, call => Assert.Equal(0, call.Result.Errno));
    }

    [Fact]
    public void A_reply_to_a_request_that_waits_to_be_read_again_is_ENOENT()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest asked = bench.Read();
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
        Assert.Equal(ENOENT, bench.AnswerEntry(asked, Entry(2, Regular)));
        Assert.False(stat.IsDone);
        Assert.Equal(0, bench.AnswerEntry(bench.Read(), Entry(2, Regular)));
        Assert.Equal(0, stat.Result.Errno);
    }

    [Fact]
    public void A_reply_carries_the_mark_of_a_resent_request_and_of_no_other()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat(".", ForceSync);
        AskedRequest plain = bench.Read();
        AskedRequest marked = plain with { Unique = plain.Unique | ResendBit };
        Assert.Equal(KernelDriver.ENOENT,
            bench.Answer(marked, KernelDriver.Attributes(KernelDriver.Directory)));
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
        Assert.Equal(marked.Unique, bench.Read().Unique);
        Assert.Equal(KernelDriver.ENOENT,
            bench.Answer(plain, KernelDriver.Attributes(KernelDriver.Directory)));
        Assert.False(stat.IsDone);
        Assert.Equal(0, bench.Answer(marked, KernelDriver.Attributes(KernelDriver.Directory)));
        Assert.Equal(0, stat.Result.Errno);
    }

    [Fact]
    public void Forgets_that_were_read_do_not_come_again()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);
        bench.Kernel.Shrink();
        Assert.Equal(["2 1"], bench.ReadForgets());
        bench.Notify(FuseNotifyCode.FUSE_NOTIFY_RESEND);
        Assert.False(bench.Kernel.HasRequest);
    }

    /// <summary>
    /// A server that reads a request, dies before it has done anything and asks for all of it
    /// again: nobody can tell, whichever requests it were and however often.
    /// </summary>
    [Fact]
    public void Requests_that_are_read_twice_and_answered_once_change_no_result() =>
        PropertyRun.CheckScripts(120, script =>
        {
            IReadOnlyList<string> plain = ScriptRun.Of(script).Results;
            SplitMix64 random = new(script.Seed);
            bool isFirst = true;
            List<string> results = [];
            using ModelSide side = new(script, new()) { LosesRequest = () => random.OneIn(3) };
            foreach (VfsCall call in script.Calls)
            {
                results.Add(ScriptRun.Make(side, call).ToString());
                isFirst &= results[^1] == plain[results.Count - 1];
                if (!isFirst)
                    return $"{call}: {results[^1]}, without resending {plain[results.Count - 1]}";
            }

            IReadOnlyList<string> held = ScriptRun.HeldIn(side.Kernel.Inodes);
            return script.Server.HostilePer1024 > 0
                || side.Server.Ledger.Held().SequenceEqual(held) ? null : "the counts differ";
        });
}
