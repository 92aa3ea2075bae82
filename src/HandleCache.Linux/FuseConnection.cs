using System.Globalization;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>
/// A connection's directory under /sys/fs/fuse/connections (fusectl, fs/fuse/control.c), named
/// by the minor device number of its mount. It works while the mount itself hangs.
/// </summary>
public sealed class FuseConnection
{
    private const string UringSwitch = "/sys/module/fuse/parameters/enable_uring";

    private readonly string _directory;

    public FuseConnection(FuseDriver driver, uint deviceMinor)
    {
        ArgumentNullException.ThrowIfNull(driver);
        _directory = string.Create(
            CultureInfo.InvariantCulture, $"{driver.Connections}/{deviceMinor}");
    }

    /// <summary>
    /// Why FUSE over io_uring is not to be had here, and what helps; null when it is.
    /// </summary>
    public static string? WhyNotOverIoUring()
    {
        if (!File.Exists(UringSwitch))
            return "this kernel has no FUSE over io_uring (CONFIG_FUSE_IO_URING, 6.14 and later)";
        return File.ReadAllText(UringSwitch).Trim() == "Y"
            ? null
            : $"FUSE over io_uring is switched off: echo Y > {UringSwitch}";
    }

    /// <summary>fusectl is mounted and the connection is there.</summary>
    public bool Exists => Directory.Exists(_directory);

    /// <summary>
    /// Requests waiting or in the server's hands; null when the connection is gone.
    /// </summary>
    public int? Waiting()
    {
        try
        {
            string text = File.ReadAllText($"{_directory}/waiting").Trim();
            return int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>
    /// Cuts the connection: every waiter gets ECONNABORTED or ENOTCONN. False when it is gone.
    /// </summary>
    public bool Abort()
    {
        try
        {
            File.WriteAllText($"{_directory}/abort", "1");
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
