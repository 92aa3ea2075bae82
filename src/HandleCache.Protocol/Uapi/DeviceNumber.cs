namespace HandleCache.Protocol.Uapi;

/// <summary>
/// A device number's forms: the 32 bits of the FUSE wire (new_encode_dev(), linux/kdev_t.h: minor
/// bits 0-7, major 8-19, minor 20-31) and the dev_t of libc.
/// </summary>
public static class DeviceNumber
{
    /// <summary>dev_t of libc from major and minor number (gnu_dev_makedev).</summary>
    public static ulong ToDevT(uint major, uint minor) =>
        ((ulong)(major & 0xFFFFF000) << 32) | ((ulong)(major & 0xFFF) << 8)
        | ((ulong)(minor & 0xFFFFFF00) << 12) | (minor & 0xFF);

    public static ulong ToDevT(uint wire) => ToDevT(Major(wire), Minor(wire));

    public static uint Major(uint wire) => (wire >> 8) & 0xFFF;

    public static uint Minor(uint wire) => (wire & 0xFF) | ((wire >> 12) & 0xFFF00);

    /// <summary>The form of the wire; a larger major or minor loses its upper bits.</summary>
    public static uint ToWire(uint major, uint minor) =>
        (minor & 0xFF) | ((major & 0xFFF) << 8) | ((minor & 0xFFF00) << 12);
}
