using HandleCache.Model.Kernel.Vfs;
using HandleCache.Protocol.Abi;

namespace HandleCache.Model.Kernel.Fuse;

/// <summary>
/// fuse_dir_inode_operations, fuse_common_inode_operations and fuse_symlink_inode_operations
/// (fs/fuse/dir.c, v6.18): which operation is whose.
/// </summary>
internal sealed class DirOperations(
    DirLookup lookups, DirCreate creates, DirRemove removes, DirAttributes attributes,
    DirSetAttr setAttr, DirPermission permission, Acl acl)
    : IInodeOperations
{
    public KernelTask<(Dentry? Other, int Errno)> LookupAsync(Dentry directory, Dentry dentry) =>
        lookups.LookupAsync(directory, dentry);

    public KernelTask<LookedUp> AtomicOpenAsync(
        Dentry directory, Dentry dentry, int flags, uint mode) =>
        creates.AtomicOpenAsync(directory, dentry, flags, mode);

    public KernelTask<(OpenFile? File, int Errno)> TmpFileAsync(
        Dentry directory, Dentry dentry, int flags, uint mode) =>
        creates.TmpFileAsync(directory, dentry, flags, mode);

    public KernelTask<int> MkNodAsync(Dentry directory, Dentry dentry, uint mode, uint rdev) =>
        creates.MkNodAsync(directory, dentry, mode, rdev);

    public KernelTask<int> MkDirAsync(Dentry directory, Dentry dentry, uint mode) =>
        creates.MkDirAsync(directory, dentry, mode);

    public KernelTask<int> SymlinkAsync(Dentry directory, Dentry dentry, string target) =>
        creates.SymlinkAsync(directory, dentry, target);

    public KernelTask<int> LinkAsync(Inode inode, Dentry directory, Dentry dentry) =>
        creates.LinkAsync((FuseInode)inode, directory, dentry);

    public KernelTask<int> UnlinkAsync(Dentry directory, Dentry dentry) =>
        removes.RemoveAsync(FuseOpcode.FUSE_UNLINK, directory, dentry);

    public KernelTask<int> RmDirAsync(Dentry directory, Dentry dentry) =>
        removes.RemoveAsync(FuseOpcode.FUSE_RMDIR, directory, dentry);

    public KernelTask<int> RenameAsync(
        Dentry oldDirectory, Dentry old, Dentry newDirectory, Dentry fresh, int flags) =>
        removes.SendRenameAsync(oldDirectory, old, newDirectory, fresh, flags);

    public KernelTask<(string? Target, int Errno)> GetLinkAsync(Inode inode) =>
        permission.GetLinkAsync((FuseInode)inode);

    public KernelTask<int> PermissionAsync(Inode inode, int mask) =>
        permission.PermissionAsync(this, (FuseInode)inode, mask);

    public KernelTask<(PosixAcl? Acl, int Errno)> GetInodeAclAsync(Inode inode) =>
        acl.GetInodeAclAsync((FuseInode)inode);

    public KernelTask<VfsResult> GetAttrAsync(Inode inode, uint mask, int flags) =>
        attributes.StatInodeAsync((FuseInode)inode, mask, flags);

    public KernelTask<int> SetAttrAsync(Dentry dentry, Iattr changes) =>
        setAttr.SetAttrAsync(dentry, changes);
}
