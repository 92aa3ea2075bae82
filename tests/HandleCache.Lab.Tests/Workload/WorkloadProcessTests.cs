using System.Diagnostics;
using System.Globalization;
using HandleCache.Lab.Workload;
using HandleCache.Linux;
using Xunit;

namespace HandleCache.Lab.Tests.Workload;

/// <summary>The workload as a process of its own: namespace, life and death.</summary>
public sealed class WorkloadProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>The program, which the build puts beside the tests.</summary>
    private static readonly string Program =
        Path.Combine(AppContext.BaseDirectory, "handlecache");

    private static readonly WorkloadCommandLine Apphost = WorkloadCommandLine.Of(Program);

    [Fact]
    public void A_process_answers_one_request_after_the_other()
    {
        using TempFolder folder = new TempFolder().WithTree();
        using WorkloadProcess process = WorkloadProcess.Start(Apphost);

        Assert.Equal(24, process.Ask(new WalkRequest(folder.Root), Patience).Objects);
        RunReply run = process.Ask(
            new RunRequest { Root = folder.Root, Seed = 1, Operations = 2000, Write = true },
            Patience);
        Assert.Equal((2000, 0), (run.Operations, run.UnexpectedCount));
        process.Ask(new QuitRequest(), Patience);
    }

    [Fact]
    public void It_starts_by_dotnet_and_the_assembly_as_well()
    {
        using TempFolder folder = new TempFolder().WithTree();
        using WorkloadProcess process = WorkloadProcess.Start(
            WorkloadCommandLine.Of("dotnet", Program + ".dll"));

        Assert.Equal(24, process.Ask(new WalkRequest(folder.Root), Patience).Objects);
    }

    [Fact]
    public void It_sees_the_mounts_of_the_thread_that_started_it()
    {
        if (Credentials.WhyNotMountFuse() is { } reason)
            Assert.Skip(reason);
        using TempFolder folder = new TempFolder().WithTree();
        WorkloadProcess? inside = null;
        WorkloadRunTests.InPrivateNamespace(() =>
        {
            Mounts.MountTmpfs(folder.Path, "size=1m");
            inside = WorkloadProcess.Start(Apphost);
        });

        // The thread has ended; its namespace lives on with the process.
        using WorkloadProcess outside = WorkloadProcess.Start(Apphost);
        using (inside)
        {
            Assert.Equal(1, inside!.Ask(new WalkRequest(folder.Root), Patience).Objects);
            Assert.Equal(24, outside.Ask(new WalkRequest(folder.Root), Patience).Objects);
        }
    }

    [Fact]
    public void It_outlives_the_thread_that_started_it()
    {
        WorkloadProcess? process = null;
        Thread starter = new(() => process = WorkloadProcess.Start(Apphost));
        starter.Start();
        starter.Join();
        Thread.Sleep(100);

        using (process)
            Assert.IsType<DoneReply>(process!.Ask(new ReleaseRequest(), Patience));
    }

    [Fact]
    public void Dispose_kills_it()
    {
        WorkloadProcess process = WorkloadProcess.Start(Apphost);
        int pid = process.ProcessId;
        Assert.True(IsAlive(pid));
        process.Dispose();
        process.Dispose();

        Assert.False(IsAlive(pid));
        Assert.Throws<ObjectDisposedException>(() => process.Ask(new ReleaseRequest(), Patience));
    }

    [Fact]
    public void A_request_that_takes_too_long_is_an_error_and_the_process_is_killed()
    {
        using TempFolder folder = new TempFolder().WithTree();
        using WorkloadProcess process = WorkloadProcess.Start(Apphost);
        RunRequest request = new()
        {
            Root = folder.Root,
            Seed = 1,
            Operations = 100_000_000,
        };

        WorkloadException e = Assert.Throws<WorkloadException>(
            () => process.Ask(request, TimeSpan.FromSeconds(0.5)));
        Assert.Contains("no RunReply within 0.5 s", e.Message, StringComparison.Ordinal);
        Assert.False(IsAlive(process.ProcessId));
    }

    [Fact]
    public void What_a_dying_process_wrote_on_stderr_is_in_the_message()
    {
        WorkloadCommandLine broken = new("/bin/sh", ["-c", "echo it broke >&2; exit 7"]);
        using WorkloadProcess process = WorkloadProcess.Start(broken);

        WorkloadException e = Assert.Throws<WorkloadException>(
            () => process.Ask(new ReleaseRequest(), Patience));
        Assert.Contains("ended with code 7", e.Message, StringComparison.Ordinal);
        Assert.Contains("it broke", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_is_not_there_is_an_error_at_start()
    {
        WorkloadException e = Assert.Throws<WorkloadException>(
            () => WorkloadProcess.Start(WorkloadCommandLine.Of("/no/such/program")));
        Assert.Contains("/no/such/program", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refused_request_leaves_the_process_at_work()
    {
        using WorkloadProcess process = WorkloadProcess.Start(Apphost);

        WorkloadException e = Assert.Throws<WorkloadException>(
            () => process.Ask(new WalkRequest("/no/such"), Patience));
        Assert.Contains("ENOENT", e.Message, StringComparison.Ordinal);
        Assert.IsType<DoneReply>(process.Ask(new ReleaseRequest(), Patience));
    }

    [Fact]
    public void It_refuses_to_work_for_a_process_that_is_not_its_parent()
    {
        using Process process = Start(Program, "workload", "--parent", "1");
        Assert.True(process.WaitForExit(Patience));
        Assert.Equal(2, process.ExitCode);
    }

    [Fact]
    public void It_ends_when_its_input_ends()
    {
        using Process process = Start(Program, "workload", "--parent",
            Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        process.StandardInput.Close();
        Assert.True(process.WaitForExit(Patience));
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public void It_dies_with_its_parent_though_its_input_stays_open()
    {
        // The shell is the parent; its input, which the workload inherits, stays open here.
        using Process shell = Start(
            "/bin/sh", "-c", $"exec 3<&0; '{Program}' workload --parent $$ <&3 & echo $!; wait");
        int pid = int.Parse(shell.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
        shell.StandardInput.WriteLine("{\"request\":\"release\"}");
        shell.StandardInput.Flush();
        Assert.Equal("{\"reply\":\"done\"}", shell.StandardOutput.ReadLine());
        Assert.True(IsAlive(pid));

        shell.Kill();
        Assert.True(SpinWait.SpinUntil(() => !IsAlive(pid), Patience), "it lives on");
    }

    private static Process Start(string fileName, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

    /// <summary>A zombie that nobody has fetched is dead too (proc(5), stat).</summary>
    private static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"));
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
