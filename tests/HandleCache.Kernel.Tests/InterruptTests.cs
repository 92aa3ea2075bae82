using System.Runtime.InteropServices;
using HandleCache.Lab.Differential;
using HandleCache.Model;
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
/// R21: a signal to a caller that waits (request_wait_answer(), fuse_dev_do_write()); and
/// directories that a server takes one request of at a time (fuse_lock_inode()).
/// </summary>
public class InterruptTests
{
    [Fact]
    public void A_signal_after_the_read_sends_an_INTERRUPT_of_that_unique_before_all_else()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        KernelCall other = bench.Stat("b");
        bench.Kernel.Interrupt(stat);

        AskedRequest interrupt = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_INTERRUPT, interrupt.Opcode);
        Assert.Equal(lookup.Unique | FuseConstants.FUSE_INT_REQ_BIT, interrupt.Unique);
        Assert.Equal(lookup.Unique, MemoryMarshal.Read<ulong>(interrupt.Body));
        Assert.Equal("b", bench.Read().Name);

        bench.AnswerError(lookup, (int)Errno.EINTR);
        Assert.Equal((int)Errno.EINTR, stat.Result.Errno);
        Assert.False(other.IsDone);
    }

    [Fact]
    public void A_signal_before_the_read_sends_the_INTERRUPT_behind_its_request()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        bench.Kernel.Interrupt(stat);
        Assert.Equal(FuseOpcode.FUSE_LOOKUP, bench.Read().Opcode);
        Assert.Equal(FuseOpcode.FUSE_INTERRUPT, bench.Read().Opcode);
        Assert.False(bench.Kernel.HasRequest);
    }

    [Fact]
    public void A_request_that_has_ended_needs_no_INTERRUPT()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Interrupt(stat);
        Assert.Equal(0, bench.AnswerEntry(lookup, Entry(2, Regular)));
        Assert.Equal(0, stat.Result.Errno);
        Assert.False(bench.Kernel.HasRequest);
    }

    [Fact]
    public void Every_further_request_of_the_call_is_followed_by_one()
    {
        using KernelDriver bench = new();
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open) { Path = "a" });
        AskedRequest lookup = bench.Read();
        bench.Kernel.Interrupt(open);
        Assert.Equal(FuseOpcode.FUSE_INTERRUPT, bench.Read().Opcode);
        bench.AnswerEntry(lookup, Entry(2, Regular));
        AskedRequest second = bench.Read();
        Assert.Equal(FuseOpcode.FUSE_OPEN, second.Opcode);
        AskedRequest interrupt = bench.Read();
        Assert.Equal(
            (FuseOpcode.FUSE_INTERRUPT, second.Unique | FuseConstants.FUSE_INT_REQ_BIT),
            (interrupt.Opcode, interrupt.Unique));
        bench.Answer(second, new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);

        KernelCall next = bench.Stat("b");
        bench.AnswerError(bench.Read(), ENOENT);
        Assert.Equal(ENOENT, next.Result.Errno);
        Assert.False(bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData((int)Errno.EAGAIN, true)]
    [InlineData((int)Errno.EBUSY, false)]
    [InlineData((int)Errno.ENOSYS, false)]
    public void EAGAIN_asks_for_another_INTERRUPT_and_nothing_else_does(
        int errno, bool comesAgain)
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Interrupt(stat);
        AskedRequest interrupt = bench.Read();
        Assert.Equal(0, bench.AnswerError(interrupt, errno));
        Assert.Equal(comesAgain, bench.Kernel.HasRequest);
        Assert.False(stat.IsDone);
        bench.AnswerEntry(lookup, Entry(2, Regular));
        Assert.Equal(0, stat.Result.Errno);
    }

    [Fact]
    public void A_late_reply_to_an_INTERRUPT_is_ENOENT_and_one_with_a_body_EINVAL()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Interrupt(stat);
        AskedRequest interrupt = bench.Read();
        Assert.Equal(EINVAL, bench.AnswerBytes(interrupt, 1, 2, 3, 4));
        Assert.False(stat.IsDone);
        bench.AnswerEntry(lookup, Entry(2, Regular));
        Assert.Equal(ENOENT, bench.AnswerError(interrupt, (int)Errno.EAGAIN));
    }

    [Fact]
    public void A_server_that_knows_no_INTERRUPT_gets_no_other()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        bench.Kernel.Interrupt(stat);
        bench.AnswerError(bench.Read(), (int)Errno.ENOSYS);
        bench.AnswerEntry(lookup, Entry(2, Regular));
        KernelCall next = bench.Stat("b");
        bench.Read();
        bench.Kernel.Interrupt(next);
        Assert.False(bench.Kernel.HasRequest);
    }

    [Theory]
    [InlineData("6.12", new[] { "a 2 8" })]
    [InlineData("6.18", new[] { "a 2 8", "b 3 8" })]
    public void Up_to_6_15_a_listing_ends_behind_its_first_record_with_a_signal_pending(
        string version, string[] names)
    {
        using KernelDriver bench = new(
            version: KernelVersion.TryParse(version, out KernelVersion parsed) ? parsed : default);
        KernelCall open = bench.Kernel.Start(
            new(VfsCallKind.Open) { Path = ".", Flags = OpenFlags.Directory });
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        KernelCall reading = bench.Kernel.Start(new(VfsCallKind.ReadDirOnce) { Size = 4096 });
        AskedRequest asked = bench.Read();
        bench.Kernel.Interrupt(reading);
        byte[] room = new byte[512];
        DirentWriter writer = new(room);
        writer.TryAdd(2, 1, 8, "a"u8);
        writer.TryAdd(3, 2, 8, "b"u8);
        bench.AnswerBytes(asked, room[..writer.WrittenBytes]);
        Assert.Equal(names, reading.Result.Names);
    }

    /// <summary>Commit 5c672ab3f0ee, "fuse: serialize dirops by default".</summary>
    [Theory]
    [InlineData((FuseInitFlags)0, false)]
    [InlineData(FuseInitFlags.FUSE_PARALLEL_DIROPS, true)]
    public void Two_names_of_a_directory_are_looked_up_at_once_where_that_is_agreed_on(
        FuseInitFlags agreed, bool isAtOnce)
    {
        using KernelDriver bench = new(agreed);
        KernelCall first = bench.Stat("a");
        KernelCall second = bench.Stat("b");
        AskedRequest lookup = bench.Read();
        Assert.Equal(isAtOnce, bench.Kernel.HasRequest);
        bench.AnswerError(lookup, ENOENT);
        Assert.Equal(ENOENT, first.Result.Errno);
        bench.AnswerError(bench.Read(), ENOENT);
        Assert.Equal(ENOENT, second.Result.Errno);
    }

    [Fact]
    public void One_script_in_six_has_overlapping_calls_and_signals_of_every_kind()
    {
        Script[] scripts = [.. Enumerable.Range(0, 600).Select(
            seed => ScriptGenerator.Make((ulong)seed, 50))];
        VfsCall[][] overlapping = [.. scripts
            .Select(script => script.Calls.Where(call => call.Overlaps).ToArray())
            .Where(calls => calls.Length > 0)];
        Assert.InRange(overlapping.Length, 60, 140);
        VfsCall[] calls = [.. overlapping.SelectMany(some => some)];
        Assert.Equal(
            Enum.GetValues<Interruption>(),
            calls.Select(call => call.Interrupted).Distinct().Order());
        Assert.Contains(calls, call => call.Meanwhile is not null
            && call.Interrupted != Interruption.None);
        Assert.Contains(calls, call => call.Meanwhile is { Uid: > 0 });
        Assert.True(
            calls.Select(call => call.Meanwhile?.Kind).Distinct().Count() >= 19, "kinds");
        Assert.DoesNotContain(scripts, script => script.OneByOne().Calls.Any(c => c.Overlaps));
    }
}
