namespace HandleCache.Protocol.Abi;

/// <summary>
/// Numbers of include/uapi/linux/fuse.h that are no enum there (ABI.md).
/// </summary>
public static class FuseConstants
{
    /// <summary>Nodeid of the root directory of every mount.</summary>
    public const ulong FUSE_ROOT_ID = 1;

    public const uint FUSE_KERNEL_VERSION = 7;

    /// <summary>The newest minor this project speaks.</summary>
    public const uint FUSE_KERNEL_MINOR_VERSION = 45;

    /// <summary>Smallest buffer a server may read requests into, bytes.</summary>
    public const int FUSE_MIN_READ_BUFFER = 8192;

    /// <summary>fuse_entry_out of minors below 9, bytes.</summary>
    public const int FUSE_COMPAT_ENTRY_OUT_SIZE = 120;

    /// <summary>fuse_attr_out of minors below 9, bytes.</summary>
    public const int FUSE_COMPAT_ATTR_OUT_SIZE = 96;

    /// <summary>fuse_init_out of minors below 5, bytes.</summary>
    public const int FUSE_COMPAT_INIT_OUT_SIZE = 8;

    /// <summary>fuse_init_out of minors below 23, bytes.</summary>
    public const int FUSE_COMPAT_22_INIT_OUT_SIZE = 24;

    /// <summary>fuse_setxattr_in without FUSE_SETXATTR_EXT, bytes.</summary>
    public const int FUSE_COMPAT_SETXATTR_IN_SIZE = 8;

    /// <summary>
    /// The bit of unique that an INTERRUPT and its reply have beside the request's own number
    /// (FUSE_INT_REQ_BIT, fs/fuse/fuse_dev_i.h).
    /// </summary>
    public const ulong FUSE_INT_REQ_BIT = 1UL << 0;

    /// <summary>Mark on the unique of a request sent again after FUSE_NOTIFY_RESEND.</summary>
    public const ulong FUSE_UNIQUE_RESEND = 1UL << 63;

    /// <summary>
    /// Longest name the kernel sends or takes, bytes without the NUL: PATH_MAX - 1
    /// (fs/fuse/fuse_i.h, v6.16 and later).
    /// </summary>
    public const int FUSE_NAME_MAX = 4095;

    /// <summary>
    /// The same while a request has one page: without FUSE_MAX_PAGES, or with one page of it.
    /// </summary>
    public const int FUSE_NAME_LOW_MAX = 1024;

    /// <summary>Offset of the name in fuse_dirent.</summary>
    public const int FUSE_NAME_OFFSET = 24;

    public const uint FUSE_GETATTR_FH = 1u << 0;

    public const uint FUSE_OPEN_KILL_SUIDGID = 1u << 0;

    public const uint FUSE_EXPIRE_ONLY = 1u << 0;

    public const uint FUSE_RELEASE_FLUSH = 1u << 0;

    public const uint FUSE_RELEASE_FLOCK_UNLOCK = 1u << 1;

    public const uint FUSE_LK_FLOCK = 1u << 0;

    public const uint FUSE_WRITE_CACHE = 1u << 0;

    public const uint FUSE_WRITE_LOCKOWNER = 1u << 1;

    public const uint FUSE_WRITE_KILL_SUIDGID = 1u << 2;

    public const uint FUSE_READ_LOCKOWNER = 1u << 1;

    public const uint FUSE_FSYNC_FDATASYNC = 1u << 0;

    public const uint FUSE_ATTR_SUBMOUNT = 1u << 0;

    /// <summary>Type of the supplementary-groups extension (FUSE_EXT_GROUPS).</summary>
    public const uint FUSE_EXT_GROUPS = 32;

    /// <summary>
    /// Type of the record that carries a nodeid's handle; the number RFC v3 gave to its
    /// FUSE_EXT_HANDLE (PROPOSALS.md). Never sent by today's kernel.
    /// </summary>
    public const uint FUSE_EXT_HANDLE = 33;

    /// <summary>Type of the record that carries an open file; this project's own.</summary>
    public const uint FUSE_EXT_FILE = 34;

    /// <summary>
    /// Type of the extension record that binds another nodeid than the head's to a handle; the
    /// keeper's own (<see cref="Rebinding.RebindWriter"/>).
    /// </summary>
    public const uint FUSE_EXT_NODE = 35;

    /// <summary>
    /// Largest errno magnitude a reply may carry; larger ones are EINVAL to the kernel.
    /// </summary>
    public const int MaxReplyErrno = 511;

    /// <summary>
    /// Longest file handle of the kernel (MAX_HANDLE_SZ, include/linux/exportfs.h), bytes.
    /// </summary>
    public const int MAX_HANDLE_SZ = 128;

    /// <summary>Type of the handle fuse itself exports without parent (fuse_encode_fh()).</summary>
    public const int FILEID_INO64_GEN = 0x81;

    /// <summary>The same with the parent.</summary>
    public const int FILEID_INO64_GEN_PARENT = 0x82;

    /// <summary>
    /// Rounds up to the 8 bytes that directory records are padded to (FUSE_REC_ALIGN).
    /// </summary>
    public static int FUSE_REC_ALIGN(int bytes) => (bytes + 7) & ~7;
}
