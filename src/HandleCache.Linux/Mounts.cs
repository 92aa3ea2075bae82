using HandleCache.Linux.Native;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Linux;

/// <summary>mount(2) and umount2(2). A mount lives in the mount namespace of the caller.</summary>
public static unsafe class Mounts
{
    private const ulong Recursive = 0x4000;
    private const ulong Private = 0x40000;
    private const ulong BindFlag = 0x1000;
    private const int Force = 1;
    private const int Detach = 2;
    private const int NoFollow = 8;

    /// <summary>Mounts a FUSE file system; the device then belongs to it.</summary>
    public static void MountFuse(FuseDevice device, string mountPoint, FuseMountOptions options)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(options);
        Mount(options.Source, mountPoint, $"{options.Driver.Type}.{options.SubType}", options.Flags,
            options.Data(device.Descriptor.Number));
    }

    /// <summary>Mounts a tmpfs, e.g. with data "size=16m".</summary>
    public static void MountTmpfs(string mountPoint, string data) =>
        Mount("tmpfs", mountPoint, "tmpfs", 0, data);

    /// <summary>
    /// Mounts the root of a version 4 NFS server with more options, e.g. "actimeo=0". What
    /// mount.nfs adds is given here: the kernel asks no name server.
    /// </summary>
    public static void MountNfs(string address, string mountPoint, string data) =>
        Mount($"{address}:/", mountPoint, "nfs4", 0, $"addr={address},{data}");

    /// <summary>Mounts a kernel's own file system, such as nfsd, where it is looked for.</summary>
    public static void MountKernelTree(string type, string mountPoint) =>
        Mount(type, mountPoint, type, 0, null);

    /// <summary>
    /// Mounts fusectl where <see cref="FuseConnection"/> looks for it; for a private namespace
    /// on a machine whose init did not.
    /// </summary>
    public static void MountFuseControl(FuseDriver driver)
    {
        ArgumentNullException.ThrowIfNull(driver);
        Mount(driver.ControlType, driver.Connections, driver.ControlType, 0, null);
    }

    public static void Bind(string source, string mountPoint) =>
        Mount(source, mountPoint, null, BindFlag, null);

    /// <summary>
    /// A copy of the mount that a directory lies in, from that directory down and without what
    /// is mounted below (open_tree(2), OPEN_TREE_CLONE). It is in no namespace and ends with the
    /// descriptor: names under it always lead to objects of this one file system.
    /// </summary>
    public static FileDescriptor CloneWithoutSubmounts(string directory)
    {
        const int Clone = 1;
        // SAFETY: a NUL-terminated path, pinned for the call.
        fixed (byte* path = CString.FromString(directory))
        {
            long fd = LibC.syscall(LibC.SYS_open_tree, FileDescriptor.WorkingDirectory, path,
                Clone | OpenFlags.CloseOnExec);
            Sys.Require(fd, "open_tree", directory);
            return FileDescriptor.Own((int)fd);
        }
    }

    /// <summary>Makes every mount of this namespace private, so that nothing leaves it.</summary>
    public static void MakeAllPrivate() => Mount("none", "/", null, Recursive | Private, null);

    /// <summary>
    /// Takes the mount away from the tree at once; the file system ends when its last user is
    /// gone (MNT_DETACH). EINVAL: nothing is mounted there.
    /// </summary>
    public static Errno Unmount(string mountPoint) => Unmount(mountPoint, Detach);

    /// <summary>
    /// The same, and cuts the connection first (MNT_FORCE, fuse_umount_begin()): who waits for
    /// the server gets ECONNABORTED, and what he held in the kernel is free again.
    /// </summary>
    public static Errno UnmountAborted(string mountPoint) => Unmount(mountPoint, Detach | Force);

    private static Errno Unmount(string mountPoint, int flags)
    {
        // SAFETY: a NUL-terminated path, pinned for the call.
        fixed (byte* target = CString.FromString(mountPoint))
            return Sys.Status(LibC.umount2(target, flags | NoFollow));
    }

    private static void Mount(
        string source, string mountPoint, string? type, ulong flags, string? data)
    {
        byte[]? typeBytes = type is null ? null : CString.FromString(type);
        byte[]? dataBytes = data is null ? null : CString.FromString(data);
        // SAFETY: NUL-terminated strings, pinned for the call; a null pointer where there is none.
        fixed (byte* from = CString.FromString(source))
        fixed (byte* target = CString.FromString(mountPoint))
        fixed (byte* kind = typeBytes)
        fixed (byte* text = dataBytes)
            Sys.Require(LibC.mount(from, target, kind, flags, text), "mount", mountPoint);
    }
}
