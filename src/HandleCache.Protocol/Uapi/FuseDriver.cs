namespace HandleCache.Protocol.Uapi;

/// <summary>
/// A FUSE in the running kernel: the built-in one, or another that was loaded beside it under
/// names of its own (models/linux).
/// </summary>
/// <param name="Device">Path of its device.</param>
/// <param name="Type">Its file system type, as /proc/filesystems has it.</param>
public sealed record FuseDriver(string Device, string Type)
{
    /// <summary>/dev/fuse and the type "fuse".</summary>
    public static FuseDriver BuiltIn { get; } = new("/dev/fuse", "fuse");

    /// <summary>
    /// Whether a bridge has to speak a handle dialect for it: no kernel's own FUSE has handles.
    /// </summary>
    public bool NeedsBridge => Type == BuiltIn.Type;

    /// <summary>Type of its control file system (fs/fuse/control.c).</summary>
    public string ControlType => Type + "ctl";

    /// <summary>Where that is mounted: a directory for each connection.</summary>
    public string Connections => $"/sys/fs/{Type}/connections";
}
