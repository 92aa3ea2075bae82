using System.Diagnostics;
using HandleCache.Linux;
using Xunit;

namespace HandleCache.Mount.Tests;

/// <summary>What this machine allows, and what is left on it.</summary>
internal static class Machine
{
    /// <summary>Skips the test, saying why, where FUSE cannot be mounted.</summary>
    public static void RequireMount()
    {
        if ((Credentials.WhyNotMountFuse() ?? Credentials.WhyNotOpenByHandle()) is { } reason)
            Assert.Skip(reason);
    }

    /// <summary>Mounts of this product that the test's own namespace sees.</summary>
    public static string[] Mounts() =>
        [.. MountInfo.ReadAll().Where(m => m.FileSystemType == "fuse.handlecache")
            .Select(m => m.MountPoint)];

    /// <summary>Processes of the product that were started by <paramref name="parent"/>.</summary>
    public static bool HasChildren(int parent)
    {
        using Process? list = Process.Start(new ProcessStartInfo(
            "ps", ["--no-headers", "-o", "pid", "--ppid", $"{parent}"])
        {
            RedirectStandardOutput = true,
        });
        return list!.StandardOutput.ReadToEnd().Trim().Length > 0;
    }
}
