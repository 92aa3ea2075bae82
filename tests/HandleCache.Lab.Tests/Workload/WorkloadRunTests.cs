using HandleCache.Lab.Workload;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Lab.Tests.Workload;

/// <summary>
/// The workload's own predictions, held against file systems of the running kernel: whatever it
/// calls unexpected on those would be its own mistake.
/// </summary>
public sealed class WorkloadRunTests
{
    private const int Operations = 20_000;

    private static readonly string[] WriteCalls =
    [
        "copy_file_range", "fallocate", "fchmod", "linkat", "lseek", "mkdirat", "mknodat",
        "pwrite64", "removexattr", "renameat2", "setxattr", "symlinkat", "unlinkat", "utimensat",
    ];

    private static readonly string[] ReadCalls =
    [
        "faccessat2", "fstatfs", "getdents64", "listxattr", "name_to_handle_at", "openat",
        "pread64", "readlinkat", "statx",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(20251105)]
    public void On_the_local_file_system_every_result_is_as_predicted(ulong seed)
    {
        using TempFolder folder = new TempFolder().WithTree();

        RunReply reply = Run(Request(folder, seed));
        AssertAsPredicted(reply);
        Assert.Equal(ReadCalls, ReadCalls.Intersect(reply.ByCall.Keys));
        Assert.Equal(WriteCalls, WriteCalls.Intersect(reply.ByCall.Keys));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, ".hc-work-*"));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(20251106)]
    public void On_a_tmpfs_every_result_is_as_predicted(ulong seed)
    {
        if (Credentials.WhyNotMountFuse() is { } reason)
            Assert.Skip(reason);
        using TempFolder folder = new();
        RunReply? reply = null;
        InPrivateNamespace(() =>
        {
            Mounts.MountTmpfs(folder.Path, "size=64m");
            try
            {
                folder.WithTree();
                reply = Run(Request(folder, seed));
            }
            finally
            {
                Mounts.Unmount(folder.Path);
            }
        });

        AssertAsPredicted(reply!);
    }

    [Fact]
    public void The_same_seed_on_the_same_tree_makes_the_same_calls()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunRequest request = Request(folder, 77) with { Operations = 4000 };
        RunReply first = Run(request);

        Assert.Equal(first.ByCall, Run(request).ByCall);
        Assert.NotEqual(first.ByCall, Run(request with { Seed = 78 }).ByCall);
    }

    [Fact]
    public void A_run_without_write_changes_nothing()
    {
        using TempFolder folder = new TempFolder().WithTree();
        DateTime before = Directory.GetLastWriteTimeUtc(folder.Path);
        RunReply reply = Run(Request(folder, 3) with { Write = false, Operations = 5000 });

        Assert.Equal(0, reply.UnexpectedCount);
        Assert.True(reply.Checks > 5000, $"{reply.Checks} checks");
        Assert.DoesNotContain(reply.ByCall.Keys, WriteCalls.Except(["lseek"]).Contains);
        Assert.Equal(before, Directory.GetLastWriteTimeUtc(folder.Path));
    }

    [Fact]
    public void Scratch_directories_stay_when_that_is_asked_and_the_next_run_replaces_them()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunRequest request = Request(folder, 4) with { Operations = 1000, Threads = 3 };
        Run(request with { KeepScratch = true });
        Assert.Equal(3, Directory.GetDirectories(folder.Path, ".hc-work-*").Length);

        Assert.Equal(0, Run(request).UnexpectedCount);
        Assert.Empty(Directory.GetDirectories(folder.Path, ".hc-work-*"));
    }

    [Fact]
    public void A_shared_file_changed_behind_its_back_is_reported()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunReply reply = RunDisturbed(
            Request(folder, 5), folder,
            () => File.AppendAllText(folder.In("d1/f3"), "x"));

        Assert.True(reply.UnexpectedCount > 0, "the change was not noticed");
        Assert.Contains(reply.Unexpected, one =>
            one is { Path: "d1/f3", Call: "statx size", Expected: "2100" });
        Assert.InRange(reply.Unexpected.Count, 1, 20);
    }

    [Fact]
    public void A_shared_file_that_disappears_is_reported_by_its_errno()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunReply reply = RunDisturbed(
            Request(folder, 6), folder,
            () => File.Delete(folder.In("d2/f5")));

        Assert.Contains(reply.Unexpected, one =>
            one is { Path: "d2/f5", Call: "statx", Expected: "None", Got: "ENOENT" });
    }

    [Fact]
    public void A_thread_s_own_files_changed_behind_its_back_are_reported()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunReply reply = RunDisturbed(Request(folder, 7), folder, () =>
        {
            foreach (string file in Directory.GetFiles(folder.In(".hc-work-0"), "n*"))
            {
                Overwrite(file);
            }
        });

        Assert.True(reply.UnexpectedCount > 0, "the changes were not noticed");
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(10, 0)]
    [InlineData(10, 65)]
    public void Numbers_out_of_range_are_refused(int operations, int threads)
    {
        using TempFolder folder = new();
        RunRequest request = Request(folder, 1) with
        {
            Operations = operations,
            Threads = threads,
        };
        Assert.Throws<BadInputException>(() => Run(request));
    }

    [Fact]
    public void A_root_that_is_no_directory_is_refused()
    {
        using TempFolder folder = new TempFolder().WithTree();
        RunRequest request = Request(folder, 1) with { Root = folder.Root + "/d0/f1" };
        BadInputException e = Assert.Throws<BadInputException>(() => Run(request));
        Assert.Contains("ENOTDIR", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Runs on a thread that may enter a namespace and take it to its grave.</summary>
    internal static void InPrivateNamespace(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                MountNamespace.EnterPrivate();
                action();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static RunRequest Request(TempFolder folder, ulong seed) => new()
    {
        Root = folder.Root,
        Seed = seed,
        Operations = Operations,
        Write = true,
        AllowStale = false,
    };

    private static RunReply Run(RunRequest request)
    {
        using WorkloadServer server = new();
        return Assert.IsType<RunReply>(server.Answer(request));
    }

    /// <summary>
    /// Disturbs again and again from the moment the tree has been looked at: then the scratch
    /// directories are made.
    /// </summary>
    private static RunReply RunDisturbed(RunRequest request, TempFolder folder, Action disturb)
    {
        using CancellationTokenSource over = new();
        Thread disturber = new(() =>
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    if (Directory.Exists(folder.In(".hc-work-0")))
                        disturb();
                }
                catch (IOException)
                {
                    // The run removed what was about to be disturbed.
                }

                Thread.Sleep(2);
            }
        });
        disturber.Start();
        try
        {
            return Run(request with { Operations = 30_000 });
        }
        finally
        {
            over.Cancel();
            disturber.Join();
        }
    }

    /// <summary>A regular file only; a fifo of that name must not block the writer.</summary>
    private static void Overwrite(string path)
    {
        int flags = OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.NonBlock;
        using FileDescriptor? fd = Files.OpenAt(
            FileDescriptor.WorkingDirectory, CString.FromString(path), flags, 0, out _);
        if (fd is not null)
            Files.WriteAt(fd, "not what was written"u8, 0);
    }

    private static void AssertAsPredicted(RunReply reply)
    {
        string first = string.Join("; ", reply.Unexpected);
        Assert.True(reply.UnexpectedCount == 0, $"{reply.UnexpectedCount}: {first}");
        Assert.Equal(Operations, reply.Operations);
        Assert.True(reply.Checks > 2 * Operations, $"{reply.Checks} checks");
        Assert.Empty(reply.Unsupported);
    }
}
