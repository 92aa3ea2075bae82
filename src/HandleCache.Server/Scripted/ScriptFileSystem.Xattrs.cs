using System.Buffers.Binary;
using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Scripted;

/// <summary>
/// Extended attributes; those of security and the root's access control list are none, and asking
/// for them counts as nothing.
/// </summary>
public sealed partial class ScriptFileSystem
{
    /// <summary>"security-xattr" and "root-acl", the name with or without its NUL.</summary>
    public static bool IsProbe(ulong nodeId, ReadOnlySpan<byte> name) =>
        name.StartsWith("security."u8)
        || (nodeId == FuseConstants.FUSE_ROOT_ID && name.StartsWith(AclName));

    public override Errno GetXattr(
        in RequestContext context, uint sizeBytes, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (IsProbe(context.NodeId, name))
            return Errno.ENODATA;
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            if (_options.HasAcls && name.SequenceEqual(AclName)
                && SplitMix64.Mix(_options.Seed, node.Ino) is var hash && hash % 3 == 0)
            {
                return Sized(Acl(hash), sizeBytes, ref reply);
            }

            return node.Xattrs.TryGetValue(NameOf(name), out byte[]? value)
                ? Sized(value, sizeBytes, ref reply)
                : Errno.ENODATA;
        }
    }

    public override Errno ListXattr(
        in RequestContext context, uint sizeBytes, ref ReplyBuilder reply)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            string list = string.Concat(node.Xattrs.Keys.Select(name => name + "\0"));
            return Sized(System.Text.Encoding.Latin1.GetBytes(list), sizeBytes, ref reply);
        }
    }

    public override Errno SetXattr(
        in RequestContext context, in fuse_setxattr_in arguments, ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value)
    {
        const uint Create = 1;
        const uint Replace = 2;
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            bool has = node.Xattrs.ContainsKey(NameOf(name));
            if (arguments.flags == Create && has)
                return Errno.EEXIST;
            if (arguments.flags == Replace && !has)
                return Errno.ENODATA;
            node.Xattrs[NameOf(name)] = value.ToArray();
            node.CTime = ++_tick;
            return Errno.None;
        }
    }

    public override Errno RemoveXattr(in RequestContext context, ReadOnlySpan<byte> name)
    {
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
            if (!node.Xattrs.Remove(NameOf(name)))
                return Errno.ENODATA;
            node.CTime = ++_tick;
            return Errno.None;
        }
    }

    private static ReadOnlySpan<byte> AclName => "system.posix_acl_access"u8;

    /// <summary>
    /// Owner, a user, the group, a group, mask, others, each with permissions by the object
    /// (uapi/linux/posix_acl_xattr.h).
    /// </summary>
    private static byte[] Acl(ulong hash)
    {
        const uint Version = 2;
        (ushort Tag, uint Id)[] entries =
        [
            (0x01, uint.MaxValue), (0x02, 1000), (0x04, uint.MaxValue), (0x08, 5),
            (0x10, uint.MaxValue), (0x20, uint.MaxValue),
        ];
        byte[] value = new byte[4 + (8 * entries.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(value, Version);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = value.AsSpan(4 + (8 * i), 8);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            ushort permissions = (ushort)((hash >> (8 + (3 * i))) & 7);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Id);
        }

        return value;
    }

    private static Errno Sized(byte[] value, uint sizeBytes, ref ReplyBuilder reply)
    {
        if (sizeBytes == 0)
        {
            reply.Write(new fuse_getxattr_out { size = (uint)value.Length });
            return Errno.None;
        }

        if (value.Length > sizeBytes)
            return Errno.ERANGE;
        reply.Write(value);
        return Errno.None;
    }
}
