namespace HandleCache.Protocol.Abi;

/// <summary>
/// A message the server starts (enum fuse_notify_code): sent as fuse_out_header.error with
/// unique 0.
/// </summary>
public enum FuseNotifyCode
{
    None = 0,
    FUSE_NOTIFY_POLL = 1,
    FUSE_NOTIFY_INVAL_INODE = 2,
    FUSE_NOTIFY_INVAL_ENTRY = 3,
    FUSE_NOTIFY_STORE = 4,
    FUSE_NOTIFY_RETRIEVE = 5,
    FUSE_NOTIFY_DELETE = 6,
    FUSE_NOTIFY_RESEND = 7,
    FUSE_NOTIFY_INC_EPOCH = 8,
    FUSE_NOTIFY_PRUNE = 9,

    /// <summary>7.47: the server wants no backing file of an id of its own any more.</summary>
    FUSE_NOTIFY_BACKING_CLOSE = 10,

    /// <summary>7.47: where in backing files the data of an inode is.</summary>
    FUSE_NOTIFY_MAP = 11,
}
