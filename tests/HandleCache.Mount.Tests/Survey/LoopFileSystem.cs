using System.ComponentModel;
using System.Diagnostics;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using Xunit;

namespace HandleCache.Mount.Tests.Survey;

/// <summary>
/// Files put on file systems made for it: images on loop devices, tmpfs, overlays. Only for the
/// thread of a private mount namespace; all that was mounted is unmounted, in reverse, and the loop
/// devices detach themselves (mount -o loop sets autoclear).
/// </summary>
internal sealed class LoopFileSystem : IDisposable
{
    private readonly Stack<string> _mounted = new();

    public LoopFileSystem() =>
        Folder = Directory.CreateTempSubdirectory("handlecache-loop-").FullName;

    public string Folder { get; }

    /// <summary>Mounts a fresh file system of that type and gives its mount point.</summary>
    public string Make(string type)
    {
        if (type == "tmpfs")
        {
            string point = Point("tmpfs");
            Mounts.MountTmpfs(point, "size=16m");
            _mounted.Push(point);
            return point;
        }

        string image = Path.Combine(Folder, $"{type}.img");
        switch (type)
        {
            case "erofs":
                Run("mkfs.erofs", image, SourceTree());
                break;
            case "squashfs":
                Run("mksquashfs", SourceTree(), image, "-no-progress", "-quiet");
                break;
            default:
                using (FileStream file = File.Create(image))
                    file.SetLength(type == "ext4" ? 32L << 20 : 400L << 20);
                Run($"mkfs.{type}", type == "ext4" ? "-q" : "-f", image);
                break;
        }

        string target = Point(type);
        Run("mount", "-t", type, "-o", "loop", image, target);
        _mounted.Push(target);
        return target;
    }

    /// <summary>An overlay whose upper layer is on the file system at a mount point.</summary>
    public string Overlay(string upperMount)
    {
        string lower = Directory.CreateDirectory($"{upperMount}/lower").FullName;
        Fill(lower);
        string upper = Directory.CreateDirectory($"{upperMount}/upper").FullName;
        string work = Directory.CreateDirectory($"{upperMount}/work").FullName;
        string target = Point($"overlay-{_mounted.Count}");
        Run("mount", "-t", "overlay", "-o",
            $"nfs_export=on,index=on,lowerdir={lower},upperdir={upper},workdir={work}",
            "overlay", target);
        _mounted.Push(target);
        return target;
    }

    /// <summary>Two directories, two files and a symlink: 5 objects below the root.</summary>
    public static void Fill(string root)
    {
        Directory.CreateDirectory($"{root}/d/e");
        File.WriteAllText($"{root}/d/file", "x");
        File.WriteAllText($"{root}/d/e/file", "x");
        File.CreateSymbolicLink($"{root}/d/link", "file");
    }

    public void Dispose()
    {
        while (_mounted.TryPop(out string? point))
            Assert.Equal(Errno.None, Mounts.Unmount(point));
        Directory.Delete(Folder, recursive: true);
    }

    private string SourceTree()
    {
        string tree = Directory.CreateDirectory(Path.Combine(Folder, "tree")).FullName;
        Fill(tree);
        return tree;
    }

    private string Point(string name) =>
        Directory.CreateDirectory(Path.Combine(Folder, $"at-{name}")).FullName;

    /// <summary>
    /// Runs a tool of the system; the test is skipped where the machine lacks it.
    /// </summary>
    private static void Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            string said = error.GetAwaiter().GetResult();
            bool lacking = said.Contains("unknown filesystem type", StringComparison.Ordinal)
                || said.Contains("failed to setup loop device", StringComparison.Ordinal);
            Assert.SkipWhen(program == "mount" && lacking, $"mount: {said.Trim()}");
            Assert.True(process.ExitCode == 0, $"{program}: {said}");
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
        }
    }
}
