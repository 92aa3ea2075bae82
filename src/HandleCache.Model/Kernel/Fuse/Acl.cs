using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// Access control lists: fuse_get_inode_acl() (models fs/fuse/acl.c, v6.18) below get_inode_acl()
/// of fs/posix_acl.c, which caches what comes.
/// </summary>
internal sealed class Acl(
    KernelFaults faults, Connection conn, Requests requests, InodeGet inodes)
{
    /// <summary>What the kernel has room for: a page.</summary>
    private const int RoomBytes = 4096;

    /// <summary>get_inode_acl() of the access list; errors are not cached.</summary>
    public async KernelTask<(PosixAcl? Acl, int Errno)> GetInodeAclAsync(FuseInode inode)
    {
        if (inode.IsAclCached)
            return (inode.Acl, 0);
        object? asker = inode.BeginAcl();
        (PosixAcl? acl, int errno) = conn.PosixAcl ? await AskAsync(inode) : (null, 0);
        inode.EndAcl(asker, errno == 0, acl);
        return (acl, errno);
    }

    private async KernelTask<(PosixAcl? Acl, int Errno)> AskAsync(FuseInode inode)
    {
        if (inodes.IsBad(inode))
            return (null, (int)Errno.EIO);
        if (faults.Has(KernelFault.AclUnasked))
            return (null, 0);
        if (conn.Unsupported.Contains(FuseOpcode.FUSE_GETXATTR))
            return (null, 0);
        KernelAnswer answer = await requests.AskAsync(
            FuseOpcode.FUSE_GETXATTR, inode,
            FuseArgs.Bytes(new fuse_getxattr_in { size = RoomBytes }, PosixAcl.AccessName),
            ReplyRoom.UpTo(RoomBytes));
        switch ((Errno)answer.Errno)
        {
            case Errno.None when answer.Body.Length > 0:
                (PosixAcl? acl, Errno broken) = PosixAcl.FromXattr(answer.Body);
                return (acl, (int)broken);
            case Errno.None or Errno.ENODATA or Errno.ENOSYS:
                return (null, 0);
            case Errno.ERANGE:
                return (null, (int)Errno.E2BIG);
            default:
                return (null, answer.Errno);
        }
    }
}
