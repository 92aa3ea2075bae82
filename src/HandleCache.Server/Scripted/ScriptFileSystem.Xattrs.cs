using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Scripted;

/// <summary>
/// Extended attributes; those of security are none, and asking for them counts as nothing.
/// </summary>
public sealed partial class ScriptFileSystem
{
    /// <summary>"security-xattr".</summary>
    public static bool IsSecurityProbe(ReadOnlySpan<byte> name) => name.StartsWith("security."u8);

    public override Errno GetXattr(
        in RequestContext context, uint sizeBytes, ReadOnlySpan<byte> name, ref ReplyBuilder reply)
    {
        if (IsSecurityProbe(name))
            return Errno.ENODATA;
        lock (_lock)
        {
            Errno errno = Begin(context, out ScriptNode node, out _);
            if (errno != Errno.None)
                return errno;
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
