using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;

namespace HandleCache.Server.Synthetic;

/// <summary>
/// What would change something is EROFS, so that programs see what is the matter.
/// </summary>
public sealed partial class SyntheticFileSystem
{
    public override Errno SetAttr(
        in RequestContext context, in fuse_setattr_in arguments, ref ReplyBuilder reply) =>
        Errno.EROFS;

    public override Errno Symlink(
        in RequestContext context,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> target,
        ref ReplyBuilder reply) => Errno.EROFS;

    public override Errno MkNod(
        in RequestContext context,
        in fuse_mknod_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.EROFS;

    public override Errno MkDir(
        in RequestContext context,
        in fuse_mkdir_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.EROFS;

    public override Errno Unlink(in RequestContext context, ReadOnlySpan<byte> name) =>
        Errno.EROFS;

    public override Errno RmDir(in RequestContext context, ReadOnlySpan<byte> name) =>
        Errno.EROFS;

    public override Errno Rename(
        in RequestContext context,
        ulong newParent,
        uint flags,
        ReadOnlySpan<byte> oldName,
        ReadOnlySpan<byte> newName) => Errno.EROFS;

    public override Errno Link(
        in RequestContext context,
        ulong oldNodeId,
        ReadOnlySpan<byte> newName,
        ref ReplyBuilder reply) => Errno.EROFS;

    public override Errno Create(
        in RequestContext context,
        in fuse_create_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.EROFS;

    public override Errno TmpFile(
        in RequestContext context, in fuse_create_in arguments, ref ReplyBuilder reply) =>
        Errno.EROFS;
}
