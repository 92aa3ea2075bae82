using HandleCache.Model;
using HandleCache.Model.Kernel;
using HandleCache.Model.Kernel.Fuse;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Testing;
using Xunit;
using static HandleCache.Testing.KernelDriver;

namespace HandleCache.Kernel.Tests;

/// <summary>The validator is tested too: break one thing, expect exactly that error.</summary>
public class ModelKernelValidatorTests
{
    [Fact]
    public void A_lost_dentry_is_missed_by_the_count() =>
        Check(kernel => kernel.CacheForTest.CorruptCount(), Error("dentries", 3, 4));

    [Fact]
    public void A_reference_too_many_of_a_dentry_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").References++,
        Error("dentry-references", 0, 1));

    [Fact]
    public void A_reference_too_few_of_a_dentry_is_found() => Check(
        kernel => DentryOf(kernel, "d").References--,
        Error("dentry-references", 1, 0));

    [Fact]
    public void A_reference_too_many_of_an_inode_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").Inode!.References++,
        Error("inode-references", 1, 2));

    [Fact]
    public void A_name_that_is_lost_from_its_hash_chain_is_found() => Check(
        kernel => DentryOf(kernel, "d").Hashed.Clear(),
        Error("hashed-names", 0, 1));

    [Fact]
    public void A_name_in_a_chain_of_another_name_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").Name = "b",
        Error("hash-chain", 0, 1));

    [Fact]
    public void A_dropped_name_that_is_still_in_its_chain_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").IsHashed = false,
        Error("hash-chain", 0, 1), Error("hashed-names", 1, 0));

    [Fact]
    public void A_child_with_another_parent_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").Parent = DentryOf(kernel, ""),
        Error("dentry-parent", 1, 0), Error("hash-chain", 0, 1));

    [Fact]
    public void A_name_that_its_inode_does_not_know_is_found() => Check(
        kernel =>
        {
            Inode inode = DentryOf(kernel, "d/a").Inode!;
            inode.Aliases.Clear();
            inode.References = 0;
        },
        Error("dentry-not-an-alias", 0, 1));

    [Fact]
    public void A_freed_dentry_that_can_be_reached_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").IsKilled = true,
        Error("dentry-killed", 1, 0));

    [Fact]
    public void A_lookup_that_never_ended_is_found() => Check(
        kernel => DentryOf(kernel, "d/a").IsInLookup = true,
        Error("in-lookup", 1, 0), Error("dentry-in-lookup", 1, 0), Error("in-lookup-hash", 0, 1));

    [Fact]
    public void A_lock_that_nobody_has_given_back_is_found()
    {
        Check(
            kernel => DentryOf(kernel, "d").Inode!.Lock.TryAcquire(exclusive: true),
            Error("inode-lock-holders", 0, 1));
        Check(
            kernel => DentryOf(kernel, "d").Inode!.Lock.TryAcquire(exclusive: false),
            Error("inode-lock-holders", 0, 1));
        Check(
            kernel => kernel.CacheForTest.RenameMutex.TryAcquire(exclusive: true),
            Error("rename-mutex-holders", 0, 1));
    }

    [Fact]
    public void An_open_file_of_a_freed_dentry_is_found() => Check(
        kernel => kernel.FilesForTest[3] = new OpenFile(new Dentry("x", null), 0),
        Error("file-of-a-freed-dentry", 0, 1));

    [Fact]
    public void A_file_that_holds_nothing_is_found() => Check(
        kernel => kernel.FilesForTest[3] =
            new OpenFile(DentryOf(kernel, "d/a"), 0) { PrivateData = new FuseFile(3) },
        Error("dentry-references", 1, 0));

    [Fact]
    public void A_file_of_another_nodeid_is_found() => Check(
        kernel => kernel.FilesForTest[3] =
            new OpenFile(DentryCache.Get(DentryOf(kernel, "d/a")), 0)
            {
                PrivateData = new FuseFile(4),
            },
        Error("file-nodeid", 3, 4));

    [Fact]
    public void A_request_that_nobody_waits_for_is_found()
    {
        using KernelDriver bench = new();
        KernelCall stat = bench.Stat("a");
        AskedRequest lookup = bench.Read();
        Assert.Empty(bench.Kernel.Validate());
        bench.Kernel.CorruptRunning();
        Assert.Contains(
            new ValidationError("requests-under-way", 1, 0), bench.Kernel.Validate());
        bench.Kernel.CorruptRunning(1);
        bench.AnswerError(lookup, ENOENT);
        Assert.Equal(ENOENT, stat.Result.Errno);
    }

    /// <summary>Of a root, a directory "d" and a file "a" in it, one thing is broken.</summary>
    private static void Check(Action<ModelKernel> corrupt, params ValidationError[] expected)
    {
        using KernelDriver bench = new() { IsBroken = true };
        KernelCall stat = bench.Stat("d/a");
        bench.AnswerEntry(bench.Read(), Entry(2, KernelDriver.Directory));
        bench.AnswerEntry(bench.Read(), Entry(3, Regular));
        Assert.Equal(0, stat.Result.Errno);
        Assert.Empty(bench.Kernel.Validate());
        corrupt(bench.Kernel);
        Assert.Equal(
            expected.OrderBy(error => error.Counter),
            bench.Kernel.Validate().OrderBy(error => error.Counter));
    }

    private static ValidationError Error(string counter, long counted, long recorded) =>
        new(counter, counted, recorded);

    private static Dentry DentryOf(ModelKernel kernel, string path)
    {
        Dentry at = kernel.RootForTest;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            at = at.Hashed[name];
        return at;
    }
}
