using System.Runtime.InteropServices;
using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Extended attributes: fuse_getxattr() and its kin (models fs/fuse/xattr.c, v6.18).
/// </summary>
internal sealed class Xattr(Connection conn, Requests requests, InodeGet inodes) : IXattrOperations
{
    /// <summary>fuse_getxattr().</summary>
    public async KernelTask<VfsResult> GetXattrAsync(Inode of, string name, int room)
    {
        FuseInode inode = (FuseInode)of;
        if (inodes.IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_GETXATTR))
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_GETXATTR, inode,
            FuseArgs.Bytes(new fuse_getxattr_in { size = (uint)room }, name), XattrRoom(room));
        return XattrResult(answer, room);
    }

    /// <summary>fuse_listxattr().</summary>
    public async KernelTask<VfsResult> ListXattrAsync(Inode of, int room)
    {
        FuseInode inode = (FuseInode)of;
        if (inodes.IsBad(inode))
            return VfsResult.Failure((int)Errno.EIO);
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_LISTXATTR))
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_LISTXATTR, inode,
            FuseArgs.Bytes(new fuse_getxattr_in { size = (uint)room }), XattrRoom(room));
        VfsResult result = XattrResult(answer, room);
        bool broken = room > 0 && answer.Body.Length > 0 && !IsNameList(answer.Body);
        return result.Errno == 0 && broken ? VfsResult.Failure((int)Errno.EIO) : result;
    }

    /// <summary>fuse_verify_xattr_list(): names that are not empty, each with its NUL.</summary>
    private static bool IsNameList(ReadOnlySpan<byte> list)
    {
        while (list.Length > 0)
        {
            int end = list.IndexOf((byte)0);
            if (end <= 0)
                return false;
            list = list[(end + 1)..];
        }

        return true;
    }

    private static ReplyRoom XattrRoom(int room) =>
        room > 0 ? ReplyRoom.UpTo(room) : ReplyRoom.Of<fuse_getxattr_out>();

    private static VfsResult XattrResult(in KernelAnswer answer, int room)
    {
        if (answer.Errno == (int)Errno.ENOSYS)
            return VfsResult.Failure((int)Errno.EOPNOTSUPP);
        if (answer.Errno != 0)
            return VfsResult.Failure(answer.Errno);
        if (room > 0)
        {
            return new VfsResult(0, answer.Body.Length)
            {
                Data = Convert.ToHexStringLower(answer.Body),
            };
        }

        uint size = MemoryMarshal.Read<fuse_getxattr_out>(answer.Body).size;
        return new VfsResult(0, Math.Min(size, XattrFlags.MaxValueBytes));
    }

    /// <summary>fuse_setxattr().</summary>
    public KernelTask<int> SetXattrAsync(Inode of, string name, byte[] value, int flags)
    {
        byte[] head = FuseArgs.Bytes(new fuse_setxattr_in
        {
            size = (uint)value.Length,
            flags = (uint)flags,
        });
        if (!conn.SetxattrExt)
            head = head[..FuseConstants.FUSE_COMPAT_SETXATTR_IN_SIZE];
        return ChangeAsync(
            (FuseInode)of, FuseOpcode.FUSE_SETXATTR, [.. head, .. FuseArgs.Bytes(name), .. value]);
    }

    /// <summary>fuse_removexattr().</summary>
    public KernelTask<int> RemoveXattrAsync(Inode of, string name) =>
        ChangeAsync((FuseInode)of, FuseOpcode.FUSE_REMOVEXATTR, FuseArgs.Bytes(name));

    private async KernelTask<int> ChangeAsync(FuseInode inode, FuseOpcode opcode, byte[] body)
    {
        if (inodes.IsBad(inode))
            return (int)Errno.EIO;
        if (conn.Unsupported.Contains(opcode))
            return (int)Errno.EOPNOTSUPP;
        KernelAnswer answer = await requests.AskAsync(opcode, inode, body, ReplyRoom.Nothing);
        if (answer.Errno == 0)
            conn.Outdate(inode, StatxMask.CTime);
        return answer.Errno == (int)Errno.ENOSYS ? (int)Errno.EOPNOTSUPP : answer.Errno;
    }
}
