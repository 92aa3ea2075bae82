using HandleCache.Linux;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Sessions;

/// <summary>
/// What a FUSE server serves: one method an operation, called by any number of workers at once.
/// Arguments are decoded and checked; names are the kernel's bytes without their NUL, and the
/// byte behind a name is that NUL (so a name may be handed to a system call as it lies). A
/// method returns an errno, or None with the reply's body in <c>reply</c>. The default of each
/// is ENOSYS, which the kernel remembers for the whole mount.
/// </summary>
/// <remarks>
/// Entries count: every entry that reaches the kernel is one lookup of its nodeid.
/// </remarks>
public abstract class FileSystem
{
    /// <summary>
    /// The kernel has agreed on <paramref name="accepted"/>; called once before any request.
    /// </summary>
    public virtual void Initialized(FuseInitFlags accepted) { }

    /// <summary>
    /// The kernel can read and write files by itself (FUSE_PASSTHROUGH is agreed on); called
    /// before <see cref="Initialized"/>.
    /// </summary>
    public virtual void UseBacking(IBackingFiles files) { }

    /// <summary>The kernel takes back <paramref name="nlookup"/> lookups of a nodeid.</summary>
    public virtual void Forget(ulong nodeid, ulong nlookup) { }

    /// <summary>
    /// The reply with this entry could not be delivered (the kernel gave up on the request): its
    /// lookup was never counted.
    /// </summary>
    public virtual void TakeBackEntry(ulong nodeid) => Forget(nodeid, 1);

    /// <summary>
    /// The reply with this open file never reached the caller: no RELEASE will come for it.
    /// </summary>
    public virtual void TakeBackOpen(ulong fh) { }

    /// <summary>
    /// A request brought the handle of a nodeid (T8, T11 of the thread): a server that does not
    /// know the nodeid may bind it. Comes before the request itself. ESTALE: the handle names
    /// nothing that exists, or the nodeid stands for another object.
    /// </summary>
    public virtual Errno Rebind(in BoundNode node) => Errno.None;

    /// <summary>
    /// A request brought what an fh was opened with: a server that does not know the fh opens
    /// the file again, without creating or truncating. After <see cref="Rebind"/>.
    /// </summary>
    public virtual Errno Reopen(in BoundFile file) => Errno.None;

    /// <summary>The connection is at an end; all that is open may be closed.</summary>
    public virtual void Destroyed() { }

    public virtual Errno Lookup(
        in RequestContext context, ReadOnlySpan<byte> name, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno GetAttr(
        in RequestContext context, in fuse_getattr_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno Statx(
        in RequestContext context, in fuse_statx_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno SetAttr(
        in RequestContext context, in fuse_setattr_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno ReadLink(in RequestContext context, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno Symlink(
        in RequestContext context,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> target,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno MkNod(
        in RequestContext context,
        in fuse_mknod_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno MkDir(
        in RequestContext context,
        in fuse_mkdir_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno Unlink(in RequestContext context, ReadOnlySpan<byte> name) =>
        Errno.ENOSYS;

    public virtual Errno RmDir(in RequestContext context, ReadOnlySpan<byte> name) =>
        Errno.ENOSYS;

    /// <summary>RENAME and RENAME2; flags are those of renameat2(2).</summary>
    public virtual Errno Rename(
        in RequestContext context,
        ulong newParent,
        uint flags,
        ReadOnlySpan<byte> oldName,
        ReadOnlySpan<byte> newName) => Errno.ENOSYS;

    /// <summary>LINK: the request's nodeid is the new parent.</summary>
    public virtual Errno Link(
        in RequestContext context,
        ulong oldNodeId,
        ReadOnlySpan<byte> newName,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno Open(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno Create(
        in RequestContext context,
        in fuse_create_in arguments,
        ReadOnlySpan<byte> name,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno TmpFile(
        in RequestContext context, in fuse_create_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno Read(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno Write(
        in RequestContext context,
        in fuse_write_in arguments,
        ReadOnlySpan<byte> data,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno Flush(in RequestContext context, in fuse_flush_in arguments) =>
        Errno.ENOSYS;

    public virtual Errno Release(in RequestContext context, in fuse_release_in arguments) =>
        Errno.None;

    public virtual Errno Fsync(in RequestContext context, in fuse_fsync_in arguments) =>
        Errno.ENOSYS;

    public virtual Errno OpenDir(
        in RequestContext context, in fuse_open_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno ReadDir(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno ReadDirPlus(
        in RequestContext context, in fuse_read_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno ReleaseDir(in RequestContext context, in fuse_release_in arguments) =>
        Errno.None;

    public virtual Errno FsyncDir(in RequestContext context, in fuse_fsync_in arguments) =>
        Errno.ENOSYS;

    public virtual Errno StatFs(in RequestContext context, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    public virtual Errno SetXattr(
        in RequestContext context,
        in fuse_setxattr_in arguments,
        ReadOnlySpan<byte> name,
        ReadOnlySpan<byte> value) => Errno.ENOSYS;

    /// <summary>
    /// A size of 0 asks for the size (fuse_getxattr_out); too small a size is ERANGE.
    /// </summary>
    public virtual Errno GetXattr(
        in RequestContext context, uint sizeBytes, ReadOnlySpan<byte> name,
            ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    /// <summary>As <see cref="GetXattr"/>, for the list of names.</summary>
    public virtual Errno ListXattr(
        in RequestContext context, uint sizeBytes, ref ReplyBuilder reply) => Errno.ENOSYS;

    public virtual Errno RemoveXattr(in RequestContext context, ReadOnlySpan<byte> name) =>
        Errno.ENOSYS;

    public virtual Errno Access(in RequestContext context, in fuse_access_in arguments) =>
        Errno.ENOSYS;

    public virtual Errno GetLock(
        in RequestContext context, in fuse_lk_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    /// <summary>SETLK, and SETLKW with <paramref name="wait"/>.</summary>
    public virtual Errno SetLock(
        in RequestContext context, in fuse_lk_in arguments, bool wait) => Errno.ENOSYS;

    public virtual Errno FAllocate(in RequestContext context, in fuse_fallocate_in arguments) =>
        Errno.ENOSYS;

    public virtual Errno LSeek(
        in RequestContext context, in fuse_lseek_in arguments, ref ReplyBuilder reply) =>
        Errno.ENOSYS;

    /// <summary>ioctl(2), which for flags of a file is what chattr(1) calls.</summary>
    /// <param name="context">Who asks.</param>
    /// <param name="arguments">The command; how many bytes go each way.</param>
    /// <param name="input">What the caller hands in.</param>
    /// <param name="reply">Takes fuse_ioctl_out and what goes out.</param>
    public virtual Errno Ioctl(
        in RequestContext context, in fuse_ioctl_in arguments, ReadOnlySpan<byte> input,
        ref ReplyBuilder reply) => Errno.ENOSYS;

    /// <summary>COPY_FILE_RANGE and COPY_FILE_RANGE_64: the bytes copied, or an errno.</summary>
    public virtual SysResult CopyFileRange(
        in RequestContext context, in fuse_copy_file_range_in arguments) =>
        SysResult.Failure(Errno.ENOSYS);

    public virtual Errno SyncFs(in RequestContext context) => Errno.ENOSYS;
}
