using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Protocol.Dialects;

/// <summary>
/// fuse_attr as a STATX reply and back, for the dialects that ask for attributes apart from the
/// entry. What both have is kept; STATX has no place for fuse_attr.flags.
/// </summary>
public static class StatxAttributes
{
    /// <summary>STATX_BASIC_STATS.</summary>
    public const uint BasicMask = 0x7FF;

    /// <summary>The reply that says of <paramref name="entry"/> what its attributes say.</summary>
    public static fuse_statx_out Of(in fuse_entry_out entry)
    {
        fuse_attr attr = entry.attr;
        return new fuse_statx_out
        {
            attr_valid = entry.attr_valid,
            attr_valid_nsec = entry.attr_valid_nsec,
            stat = new fuse_statx
            {
                mask = BasicMask,
                blksize = attr.blksize,
                nlink = attr.nlink,
                uid = attr.uid,
                gid = attr.gid,
                mode = (ushort)attr.mode,
                ino = attr.ino,
                size = attr.size,
                blocks = attr.blocks,
                atime = new() { tv_sec = (long)attr.atime, tv_nsec = attr.atimensec },
                mtime = new() { tv_sec = (long)attr.mtime, tv_nsec = attr.mtimensec },
                ctime = new() { tv_sec = (long)attr.ctime, tv_nsec = attr.ctimensec },
                rdev_major = DeviceNumber.Major(attr.rdev),
                rdev_minor = DeviceNumber.Minor(attr.rdev),
            },
        };
    }

    /// <summary>Puts what a STATX reply says into an entry.</summary>
    public static void Fill(ref fuse_entry_out entry, in fuse_statx_out reply)
    {
        entry.attr_valid = reply.attr_valid;
        entry.attr_valid_nsec = reply.attr_valid_nsec;
        entry.attr = ToAttr(reply.stat);
    }

    /// <summary>What a STATX says, as attributes: fuse_statx_to_attr().</summary>
    public static fuse_attr ToAttr(in fuse_statx stat) => new()
    {
        ino = stat.ino,
        size = stat.size,
        blocks = stat.blocks,
        atime = (ulong)stat.atime.tv_sec,
        mtime = (ulong)stat.mtime.tv_sec,
        ctime = (ulong)stat.ctime.tv_sec,
        atimensec = stat.atime.tv_nsec,
        mtimensec = stat.mtime.tv_nsec,
        ctimensec = stat.ctime.tv_nsec,
        mode = stat.mode,
        nlink = stat.nlink,
        uid = stat.uid,
        gid = stat.gid,
        rdev = DeviceNumber.ToWire(stat.rdev_major, stat.rdev_minor),
        blksize = stat.blksize,
    };
}
