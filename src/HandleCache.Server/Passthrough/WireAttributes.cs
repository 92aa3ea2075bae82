using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>What statx(2) and statfs(2) say, in the structs of the wire.</summary>
internal static class WireAttributes
{
    public static fuse_attr From(in Statx statx) => new()
    {
        ino = statx.Ino,
        size = statx.SizeBytes,
        blocks = statx.Blocks512,
        atime = (ulong)statx.AccessTime.Seconds,
        mtime = (ulong)statx.ModifyTime.Seconds,
        ctime = (ulong)statx.ChangeTime.Seconds,
        atimensec = statx.AccessTime.Nanoseconds,
        mtimensec = statx.ModifyTime.Nanoseconds,
        ctimensec = statx.ChangeTime.Nanoseconds,
        mode = statx.Mode,
        nlink = statx.NLink,
        uid = statx.Uid,
        gid = statx.Gid,
        rdev = DeviceNumber.ToWire(statx.RdevMajor, statx.RdevMinor),
        blksize = statx.BlockSizeBytes,
    };

    public static fuse_statx StatxFrom(in Statx statx) => new()
    {
        mask = statx.Mask & (StatxMask.BasicStats | StatxMask.BirthTime),
        blksize = statx.BlockSizeBytes,
        attributes = statx.Attributes,
        nlink = statx.NLink,
        uid = statx.Uid,
        gid = statx.Gid,
        mode = statx.Mode,
        ino = statx.Ino,
        size = statx.SizeBytes,
        blocks = statx.Blocks512,
        attributes_mask = statx.AttributesMask,
        atime = From(statx.AccessTime),
        btime = From(statx.BirthTime),
        ctime = From(statx.ChangeTime),
        mtime = From(statx.ModifyTime),
        rdev_major = statx.RdevMajor,
        rdev_minor = statx.RdevMinor,
        dev_major = statx.DevMajor,
        dev_minor = statx.DevMinor,
    };

    public static fuse_kstatfs From(in StatFs statfs) => new()
    {
        blocks = statfs.Blocks,
        bfree = statfs.BlocksFree,
        bavail = statfs.BlocksAvailable,
        files = statfs.Files,
        ffree = statfs.FilesFree,
        bsize = (uint)statfs.BlockSizeBytes,
        namelen = (uint)statfs.NameLengthMax,
        frsize = (uint)statfs.FragmentSizeBytes,
    };

    private static fuse_sx_time From(StatxTime time) => new()
    {
        tv_sec = time.Seconds,
        tv_nsec = time.Nanoseconds,
    };
}
