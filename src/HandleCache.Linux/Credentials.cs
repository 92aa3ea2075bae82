using System.Globalization;
using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>Who this process is and what it may do.</summary>
public static class Credentials
{
    /// <summary>CAP_FSETID (linux/capability.h).</summary>
    public const int FSetId = 4;

    /// <summary>CAP_SYS_ADMIN.</summary>
    public const int SysAdmin = 21;

    private const int DacReadSearch = 2;

    public static uint EffectiveUserId => LibC.geteuid();

    public static uint EffectiveGroupId => LibC.getegid();

    /// <summary>
    /// Sets the file creation mask and gives the one before. It belongs to the whole process
    /// unless the thread called <see cref="MountNamespace.UnshareFileSystemState"/>.
    /// </summary>
    public static uint Umask(uint mask) => LibC.umask(mask);

    /// <summary>
    /// What keeps this thread from mounting FUSE, in words for the user, or null when nothing
    /// does: the device (by default /dev/fuse), CAP_SYS_ADMIN for mount(2).
    /// </summary>
    public static string? WhyNotMountFuse(FuseDriver? driver = null)
    {
        FuseDriver which = driver ?? FuseDriver.BuiltIn;
        if (!HasCapability(SysAdmin))
            return "mounting needs root (CAP_SYS_ADMIN): run the command with sudo";
        try
        {
            using FuseDevice device = FuseDevice.Open(which);
            return null;
        }
        catch (LinuxException e)
        {
            return $"{e.Message}: load the {which.Type} module with \"modprobe {which.Type}\"";
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
    /// Whether a process or thread has a capability in its effective set; null when it cannot be
    /// read: it has ended, or is of another pid namespace (number 0).
    /// </summary>
    public static bool? HasCapability(uint pid, int capability) =>
        pid == 0 ? null : HasCapability(pid.ToString(CultureInfo.InvariantCulture), capability);

    /// <summary>
    /// Whether a group is one of the supplementary ones of a process or thread; null when they
    /// cannot be read.
    /// </summary>
    public static bool? IsInGroup(uint pid, uint gid)
    {
        if (pid == 0)
            return null;
        string? groups = StatusOf(pid.ToString(CultureInfo.InvariantCulture), "Groups:");
        return groups?.Split(' ').Contains(gid.ToString(CultureInfo.InvariantCulture));
    }

    private static bool? HasCapability(string process, int capability)
    {
        if (StatusOf(process, "CapEff:") is not { } text)
            return null;
        ulong bits = ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (bits >> capability & 1) != 0;
    }

    /// <summary>A field of /proc/PID/status; null when there is no such process.</summary>
    private static string? StatusOf(string process, string field)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(
                line => line.StartsWith(field, StringComparison.Ordinal));
            return line?[field.Length..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
