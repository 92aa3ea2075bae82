using System.Diagnostics;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>
/// kill -9 of a server whose device alone is held, on the running kernel, which has no handles: the
/// next server finds what it is asked for by name.
/// </summary>
[Collection("mounts, one at a time")]
public sealed class HeldMountTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder =
        Directory.CreateTempSubdirectory("handlecache-held-").FullName;
    private readonly NamespaceThread _home = new();

    public void Dispose()
    {
        _home.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Names_are_found_again_and_open_files_are_stale_and_never_another()
    {
        Machine.RequireMount();
        string source = Folder("source");
        Directory.CreateDirectory(Path.Combine(source, "d"));
        File.WriteAllText(Path.Combine(source, "d", "a"), "of a");
        File.WriteAllText(Path.Combine(source, "d", "b"), "of b");
        string mount = Folder("mount");
        using HeldMount held = HeldMount.Start(_home, new MountOptions
        {
            Source = source,
            MountPoint = mount,
            DialectName = "classic",
            TimeoutSeconds = 1000,
        }, Program.Start);
        using Process client = _home.Invoke(() => StartClient(mount));
        using Timer watchdog = new(_ => client.Kill(), null, Patience, Timeout.InfiniteTimeSpan);
        Assert.Equal("of a", client.StandardOutput.ReadLine());
        Kill(held);
        client.StandardInput.Close();
        Assert.Equal(
            [$"{Errno.ESTALE:D}", "of b", "of a"],
            client.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        client.WaitForExit();
        Assert.Null(held.Failure);
        Assert.Equal(2, held.Life);
    }

    /// <summary>
    /// A process of its own: whoever starts the next server may have nothing open there, since the
    /// child that becomes the server would close it, and wait for the server to answer FLUSH.
    /// </summary>
    private static Process StartClient(string mount) => Process.Start(new ProcessStartInfo(
        "perl",
        [
            "-e",
            """
            $| = 1;
            sub told { my $text; defined sysread($_[0], $text, 16) ? $text : $! + 0 }
            open A, "<", "$ARGV[0]/d/a" or die "$!";
            print told(*A), "\n";
            <STDIN>;
            sysseek A, 0, 0;
            print told(*A), "\n";
            for ("b", "a") {
                open B, "<", "$ARGV[0]/d/$_" or print "$!\n";
                print told(*B), "\n";
            }
            """,
            mount,
        ])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static void Kill(HeldMount held)
    {
        long life = held.Life;
        Assert.True(SpinWait.SpinUntil(() => held.ServerPid != 0, Patience));
        Processes.Signal(held.ServerPid, Processes.Kill);
        Assert.True(SpinWait.SpinUntil(() => held.Life > life, Patience));
    }

    private string Folder(string name) =>
        Directory.CreateDirectory(Path.Combine(_folder, name)).FullName;

    /// <summary>The program itself: what runs the tests is another.</summary>
    private sealed class Program(Process process) : IServerProcess
    {
        public int ProcessId => process.Id;

        public static Program Start(
            MountOptions options, FileDescriptor device, byte[] init, ulong life)
        {
            string program = Path.Combine(AppContext.BaseDirectory, "handlecache.dll");
            return new Program(Process.Start(new ProcessStartInfo(
                "dotnet",
                [
                    "exec", program,
                    .. ServerProcess.HeldArguments(options, device, init, life),
                ]))!);
        }

        public int? WaitForExit(TimeSpan patience) =>
            process.WaitForExit(patience) ? process.ExitCode : null;

        public void Dispose()
        {
            if (!process.HasExited)
                process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}
