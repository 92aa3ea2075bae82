using System.Globalization;
using HandleCache.Lab.Mounting;
using HandleCache.Server.Keeping;
using HandleCache.Server.Mounting;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Mount;

/// <summary>What <c>mount</c> says.</summary>
internal static class MountText
{
    /// <summary>
    /// The hint matters when it is too late to give it: after kill -9 nobody is left to unmount.
    /// </summary>
    public static void Mounted(TextWriter output, MountOptions options)
    {
        output.WriteLine($"serving {options.Source} on {options.MountPoint}");
        output.WriteLine(
            $"Ctrl-C unmounts; after kill -9: umount -l {options.MountPoint}");
        output.Flush();
    }

    /// <summary>What a keeper has seen.</summary>
    public static void Kept(TextWriter output, KeeperCounts counts)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(plain,
            $"{counts.Lives} servers, {counts.Resent} requests sent again, "
            + $"{counts.Settled} settled, {counts.Unknown} unknown"));
        output.WriteLine(string.Create(plain,
            $"{counts.Rebound} rebound, {counts.Stale} stale, "
            + $"{counts.WrongObject} wrong objects, {counts.Overdrawn} overdrawn"));
        output.WriteLine(string.Create(plain,
            $"{counts.Inodes} inodes ({counts.InodeBytes} bytes) and "
            + $"{counts.OpenFiles} open files held"));
    }

    public static void Checks(TextWriter output, MountOutcome outcome)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        output.WriteLine(string.Create(plain, $"{outcome.Requests} requests, measured"));
        output.WriteLine(string.Create(plain, $"{"check",-20}{"compared",12}{"mismatches",14}"));
        foreach (CheckResult check in outcome.Checks)
        {
            output.WriteLine(string.Create(
                plain, $"{check.Name,-20}{check.Compared,12}{check.Mismatches,14}"));
            if (check.FirstMismatch is not null)
                output.WriteLine($"  {check.FirstMismatch}");
        }
    }
}
