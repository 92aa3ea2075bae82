using System.Globalization;
using HandleCache.Linux.Native;

namespace HandleCache.Linux;

/// <summary>Who this process is and what it may do.</summary>
public static class Credentials
{
    private const int DacReadSearch = 2;
    private const int SysAdmin = 21;

    public static uint EffectiveUserId => LibC.geteuid();

    public static uint EffectiveGroupId => LibC.getegid();

    /// <summary>
    /// Sets the file creation mask and gives the one before. It belongs to the whole process
    /// unless the thread called <see cref="MountNamespace.UnshareFileSystemState"/>.
    /// </summary>
    public static uint Umask(uint mask) => LibC.umask(mask);

    /// <summary>
    /// What keeps this thread from mounting FUSE, in words for the user, or null when nothing
    /// does: /dev/fuse, CAP_SYS_ADMIN for mount(2).
    /// </summary>
    public static string? WhyNotMountFuse()
    {
        if (!HasCapability(SysAdmin))
            return "mounting needs root (CAP_SYS_ADMIN): run the command with sudo";
        try
        {
            using FuseDevice device = FuseDevice.Open();
            return null;
        }
        catch (LinuxException e)
        {
            return $"{e.Message}: load the fuse module with \"modprobe fuse\"";
        }
    }

    /// <summary>What keeps this thread from open_by_handle_at, or null.</summary>
    public static string? WhyNotOpenByHandle() => HasCapability(DacReadSearch)
        ? null
        : "opening by handle needs root (CAP_DAC_READ_SEARCH): run the command with sudo";

    /// <summary>The bit is in the effective set of the calling thread (CapEff).</summary>
    public static bool HasCapability(int capability) =>
        HasCapability("thread-self", capability) ?? false;

    /// <summary>
    /// Whether a process or thread has CAP_SYS_ADMIN in its effective set; null when it cannot be
    /// read: it has ended, or is of another pid namespace (number 0).
    /// </summary>
    public static bool? HasSysAdmin(uint pid)
    {
        try
        {
            return HasCapability(pid.ToString(CultureInfo.InvariantCulture), SysAdmin);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool? HasCapability(string process, int capability)
    {
        const string Field = "CapEff:";
        foreach (string line in File.ReadLines($"/proc/{process}/status"))
        {
            if (!line.StartsWith(Field, StringComparison.Ordinal))
                continue;
            ulong bits = ulong.Parse(line.AsSpan(Field.Length).Trim(), NumberStyles.HexNumber,
                CultureInfo.InvariantCulture);
            return (bits >> capability & 1) != 0;
        }

        return null;
    }
}
