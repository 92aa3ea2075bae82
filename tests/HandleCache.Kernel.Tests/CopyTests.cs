using HandleCache.Lab.Differential;
using HandleCache.Model.Handles;
using HandleCache.Model.Kernel;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>Checkpoints of the modelled kernel.</summary>
public class CopyTests
{
    private static readonly string[] Strategies = ["inline:12", "inline:0", "static:128", "none"];

    [Fact]
    public void A_copy_goes_on_as_the_original_does_and_neither_changes_the_other() =>
        PropertyRun.CheckScripts(120, script =>
        {
            SplitMix64 random = new(script.Seed ^ 0xC0B7);
            string strategy = random.Pick(Strategies);
            Script sent = script with
            {
                Server = script.Server with
                {
                    SendsHandles = random.OneIn(2),
                    Dialect = random.Pick<Dialect>(
                        Dialect.Thread, Dialect.V2, Dialect.V3, Dialect.Fusex),
                },
            };
            using RecordedRun run = new(
                sent,
                new() { Strategy = HandleStrategy.Parse(strategy), IndexByHandle = true });
            int cut = random.Below(script.Calls.Count + 1);
            foreach (VfsCall call in script.Calls.Take(cut))
                run.Make(call);
            return Compare(run, [.. script.Calls.Skip(cut)]);
        });

    [Fact]
    public void A_kernel_with_a_call_under_way_cannot_be_copied()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        Assert.Throws<InvalidOperationException>(() => bench.Kernel.Copy());
        AskedRequest lookup = bench.Read();
        Assert.Throws<InvalidOperationException>(() => bench.Kernel.Copy());
        bench.AnswerError(lookup, ENOENT);
        Assert.Equal(ENOENT, stat.Result.Errno);
        using ModelKernel copy = bench.Kernel.Copy();
        Assert.Empty(copy.Validate());
    }

    [Fact]
    public void A_kernel_that_waits_for_a_RELEASE_cannot_be_copied()
    {
        using KernelDriver bench = new();
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open) { Path = "a", Slot = 1 });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular));
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        using (ModelKernel whileOpen = bench.Kernel.Copy())
            Assert.True(whileOpen.IsOpen(1));
        KernelCall close = bench.Kernel.Start(new(VfsCallKind.Close) { Slot = 1 });
        bench.AnswerError(bench.Read(), 0);
        Assert.Equal(0, close.Result.Errno);
        Assert.Throws<InvalidOperationException>(() => bench.Kernel.Copy());
        bench.AnswerError(bench.Read(), 0);
        using ModelKernel copy = bench.Kernel.Copy();
        Assert.False(copy.IsOpen(1));
    }

    [Fact]
    public void What_one_kernel_reads_is_not_cached_in_its_copy()
    {
        using KernelDriver bench = new();
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open) { Path = "a", Slot = 1 });
        bench.AnswerEntry(bench.Read(), Entry(2, Regular, size: 100));
        bench.Answer(bench.Read(), new fuse_open_out());
        Assert.Equal(0, open.Result.Errno);
        using ModelKernel copy = bench.Kernel.Copy();
        VfsCall read = new(VfsCallKind.Read) { Slot = 1, Size = 100 };
        KernelCall first = bench.Kernel.Start(read);
        bench.AnswerBytes(bench.Read(), new byte[100]);
        Assert.Equal(100, first.Result.Value);
        Assert.Equal(100, bench.Kernel.Start(read).Result.Value);
        Assert.False(copy.Start(read).IsDone);
    }

    [Fact]
    public void What_one_kernel_lists_is_not_cached_in_its_copy()
    {
        using KernelDriver bench = new();
        KernelCall open = bench.Kernel.Start(new(VfsCallKind.Open) { Slot = 1 });
        bench.Answer(bench.Read(), new fuse_open_out
        {
            open_flags =
                (uint)(FuseOpenFlags.FOPEN_CACHE_DIR | FuseOpenFlags.FOPEN_KEEP_CACHE),
        });
        Assert.Equal(0, open.Result.Errno);
        using ModelKernel copy = bench.Kernel.Copy();
        VfsCall list = new(VfsCallKind.ReadDir) { Slot = 1, Size = 4096 };
        KernelCall first = bench.Kernel.Start(list);
        byte[] room = new byte[64];
        DirentWriter writer = new(room);
        writer.TryAdd(7, 1, 8, "a"u8);
        bench.AnswerBytes(bench.Read(), room[..writer.WrittenBytes]);
        bench.AnswerBytes(bench.Read());
        Assert.Single(first.Result.Names);
        Assert.Single(bench.Kernel.Start(list).Result.Names);
        Assert.False(copy.Start(list).IsDone);
    }

    /// <summary>
    /// Two copies are made. The original goes on, then one copy does: each leaves the others as
    /// they were, and what the copy did is what the original did.
    /// </summary>
    private static string? Compare(RecordedRun run, IReadOnlyList<VfsCall> rest)
    {
        using ModelKernel copy = run.Kernel.Copy();
        using ModelKernel still = run.Kernel.Copy();
        string begin = RecordedRun.StateOf(run.Kernel);
        RecordedRun.Step[] steps = [.. rest.Select(run.Make)];
        string end = RecordedRun.StateOf(run.Kernel);
        if (RecordedRun.StateOf(copy) is var untouched && untouched != begin)
            return $"the original has changed its copy: {untouched}\ninstead of {begin}";
        foreach (RecordedRun.Step step in steps)
        {
            if (RecordedRun.Follow(copy, step) is { } other)
                return other;
            if (copy.Validate() is { Count: > 0 } errors)
                return $"after {step.Call}: {errors[0]}";
        }

        if (RecordedRun.StateOf(copy) is var state && state != end)
            return $"the copy ends as {state}\ninstead of {end}";
        if (RecordedRun.StateOf(run.Kernel) != end)
            return "a copy has changed its original";
        copy.Unmount();
        return RecordedRun.StateOf(still) == begin ? null : "a copy has changed another";
    }
}
