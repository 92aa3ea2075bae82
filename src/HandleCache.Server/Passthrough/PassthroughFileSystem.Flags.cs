using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Flags of files and directories (lsattr, chattr, xfs_io), which FUSE carries as ioctls
/// (fuse_fileattr_get(), fs/fuse/ioctl.c). Who may set them the kernel has asked before
/// (vfs_fileattr_set(), fs/file_attr.c).
/// </summary>
public sealed partial class PassthroughFileSystem
{
    /// <summary>include/uapi/linux/fs.h.</summary>
    private const uint FS_IOC_GETFLAGS = 0x8008_6601;
    private const uint FS_IOC_SETFLAGS = 0x4008_6602;
    private const uint FS_IOC_FSGETXATTR = 0x801C_581F;
    private const uint FS_IOC_FSSETXATTR = 0x401C_5820;

    /// <summary>The number says long, what is passed is an int (ioctl_getflags()).</summary>
    private const int FlagsBytes = sizeof(int);

    /// <summary>struct fsxattr.</summary>
    private const int ExtendedBytes = 28;

    /// <summary>Any other command is the device's or file system's own: ENOTTY.</summary>
    public override Errno Ioctl(
        in RequestContext context, in fuse_ioctl_in arguments, ReadOnlySpan<byte> input,
        ref ReplyBuilder reply)
    {
        bool sets = arguments.cmd is FS_IOC_SETFLAGS or FS_IOC_FSSETXATTR;
        int bytes = arguments.cmd switch
        {
            FS_IOC_GETFLAGS or FS_IOC_SETFLAGS => FlagsBytes,
            FS_IOC_FSGETXATTR or FS_IOC_FSSETXATTR => ExtendedBytes,
            _ => 0,
        };
        if (bytes == 0)
            return Errno.ENOTTY;
        if (sets ? input.Length != bytes : arguments.out_size < bytes)
            return Errno.EINVAL;
        using DescriptorLease file = _files.Lease(arguments.fh, out _, out Errno errno);
        if (file.IsNone)
            return errno;
        Span<byte> value = stackalloc byte[ExtendedBytes];
        value.Clear();
        input[..Math.Min(input.Length, sets ? bytes : 0)].CopyTo(value);
        SysResult done = Files.Control(file.Descriptor, arguments.cmd, value);
        if (done.Failed)
            return done.Errno;
        reply.Write(new fuse_ioctl_out());
        if (!sets)
            reply.Write(value[..bytes]);
        return Errno.None;
    }
}
