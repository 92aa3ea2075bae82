using System.Buffers.Binary;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// An access control list as it stands in an extended attribute (models fs/posix_acl.c, v6.18;
/// uapi/linux/posix_acl_xattr.h: a version, then tag, permissions and id of each entry).
/// </summary>
internal sealed class PosixAcl
{
    /// <summary>XATTR_NAME_POSIX_ACL_ACCESS.</summary>
    public const string AccessName = "system.posix_acl_access";

    private const uint Version = 2;
    private const int HeadBytes = 4;
    private const int EntryBytes = 8;
    private const ushort UserObj = 0x01;
    private const ushort User = 0x02;
    private const ushort GroupObj = 0x04;
    private const ushort Group = 0x08;
    private const ushort Mask = 0x10;
    private const ushort Other = 0x20;

    private readonly Entry[] _entries;

    private PosixAcl(Entry[] entries) => _entries = entries;

    private readonly record struct Entry(ushort Tag, int Permissions, uint Id);

    /// <summary>posix_acl_from_xattr(): no entries are no list.</summary>
    public static (PosixAcl? Acl, Errno Errno) FromXattr(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeadBytes)
            return (null, Errno.EINVAL);
        if (BinaryPrimitives.ReadUInt32LittleEndian(value) != Version)
            return (null, Errno.EOPNOTSUPP);
        value = value[HeadBytes..];
        if (value.Length % EntryBytes != 0)
            return (null, Errno.EINVAL);
        Entry[] entries = new Entry[value.Length / EntryBytes];
        for (int i = 0; i < entries.Length; i++, value = value[EntryBytes..])
        {
            ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(value);
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
            bool isNamed = tag is User or Group;
            if (!(tag is UserObj or GroupObj or Mask or Other || (isNamed && id != uint.MaxValue)))
                return (null, Errno.EINVAL);
            entries[i] = new(tag, BinaryPrimitives.ReadUInt16LittleEndian(value[2..]), id);
        }

        return (entries.Length == 0 ? null : new(entries), Errno.None);
    }

    /// <summary>posix_acl_permission(): 0, or EACCES.</summary>
    public int Permission(Current current, Inode inode, int want)
    {
        want &= May.Read | May.Write | May.Exec;
        bool isInGroup = false;
        foreach (Entry entry in _entries)
        {
            bool isGranted = (entry.Permissions & want) == want;
            switch (entry.Tag)
            {
                case UserObj when inode.Uid == current.FsUid:
                    return isGranted ? 0 : (int)Errno.EACCES;
                case User when entry.Id == current.FsUid:
                    return Masked(entry, want);
                case GroupObj when current.IsInGroup(inode.Gid):
                case Group when current.IsInGroup(entry.Id):
                    isInGroup = true;
                    if (isGranted)
                        return Masked(entry, want);
                    break;
                case Other:
                    return isGranted && !isInGroup ? 0 : (int)Errno.EACCES;
                default:
                    break;
            }
        }

        return (int)Errno.EIO;
    }

    /// <summary>What an entry grants through the mask behind it, where there is one.</summary>
    private int Masked(Entry entry, int want)
    {
        foreach (Entry mask in _entries.SkipWhile(other => other != entry).Skip(1))
        {
            if (mask.Tag == Mask)
            {
                bool isGranted = (entry.Permissions & mask.Permissions & want) == want;
                return isGranted ? 0 : (int)Errno.EACCES;
            }
        }

        return (entry.Permissions & want) == want ? 0 : (int)Errno.EACCES;
    }
}
