namespace HandleCache.Server.Passthrough;

/// <summary>
/// How a request is settled that a dead server had read, and may have applied, before the kernel
/// sent it again. Each is done again first; what it then says of the file system decides:
/// <code>
/// request            done again says   it was applied if                       else
/// MKDIR              EEXIST            a directory of the caller is there      EEXIST
/// MKNOD              EEXIST            same type, device, owner, size 0        EEXIST
/// CREATE (O_EXCL)    EEXIST            a regular file, owner, size 0           EEXIST
/// CREATE             EEXIST            the same: open to its maker in any mode opened, if allowed
/// SYMLINK            EEXIST            a symlink with that target, owner       EEXIST
/// LINK               EEXIST            the name is that very object            EEXIST
/// UNLINK, RMDIR      ENOENT            always: the kernel had found the name   -
/// RENAME             ENOENT            the new name is there                   ENOENT
/// RENAME (exchange)  not done again    cannot be known                         EIO, counted
/// SETXATTR (create)  EEXIST            the value is that value                 EEXIST
/// REMOVEXATTR        ENODATA           always: see the remarks                 -
/// </code>
/// All others (SETATTR, WRITE, FALLOCATE, ...) say the same when they are done twice.
/// </summary>
/// <remarks>
/// The kernel holds the locks of the directories while such a request is in flight, so nobody can
/// have changed the names through the mount in between; that somebody changed them in the source
/// itself in just that moment is not told apart. REMOVEXATTR is sent without a look before: where
/// the attribute never was, success is said instead of ENODATA.
/// </remarks>
public enum ResentRule
{
    MakeDirectory,
    MakeNode,
    Create,
    Symlink,
    Link,
    Remove,
    Rename,
    RenameExchange,
    SetXattr,
    RemoveXattr,
}
