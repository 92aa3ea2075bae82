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
        string seen = _home.Invoke(() =>
        {
            using FileDescriptor root = Files.Open(mount, OpenFlags.Path | OpenFlags.Directory);
            using FileDescriptor? a = Files.OpenAt(root, "d/a\0"u8, OpenFlags.ReadOnly, 0, out _);
            Assert.NotNull(a);
            Assert.Equal("of a", Read(a));
            Kill(held);
            return $"{Read(a)}, {ReadName(root, "d/b\0"u8)}, {ReadName(root, "d/a\0"u8)}";
        });
        Assert.Equal("ESTALE, of b, of a", seen);
        Assert.Null(held.Failure);
        Assert.Equal(2, held.Life);
    }

    private static string ReadName(FileDescriptor root, ReadOnlySpan<byte> name)
    {
        using FileDescriptor? file =
            Files.OpenAt(root, name, OpenFlags.ReadOnly, 0, out Errno errno);
        return file is null ? errno.ToString() : Read(file);
    }

    private static string Read(FileDescriptor file)
    {
        Span<byte> buffer = stackalloc byte[16];
        SysResult read = Files.ReadAt(file, buffer, 0);
        return read.Failed
            ? read.Errno.ToString()
            : System.Text.Encoding.ASCII.GetString(buffer[..(int)read.Value]);
    }

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
