using HandleCache.Protocol.Uapi;

namespace HandleCache.Model.Kernel.Vfs;

/// <summary>
/// struct inode: what the VFS keeps of an object (include/linux/fs.h, v6.18). The file system
/// derives its own from it, as its struct holds this one.
/// </summary>
/// <param name="super">Told when nobody holds it any more.</param>
/// <param name="generation">i_generation; a wider one loses its upper half here.</param>
/// <param name="mode">i_mode; the type bits never change.</param>
/// <param name="wakes">Where who waited for its lock is woken.</param>
internal abstract class Inode(
    ISuperOperations super, uint generation, uint mode, WakeQueue wakes)
{
    private ISuperOperations _super = super;

    public uint Generation { get; } = generation;

    public uint Mode { get; set; } = mode;

    public uint NLink { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    /// <summary>i_rdev; only of devices, whatever the server says (init_special_inode()).</summary>
    public uint Rdev { get; init; }

    public ulong Ino { get; set; }

    public ulong Size { get; set; }

    public ulong Blocks { get; set; }

    public uint BlkSize { get; set; }

    public KernelTime ATime { get; set; }

    public KernelTime MTime { get; set; }

    public KernelTime CTime { get; set; }

    public KernelTime? BTime { get; set; }

    /// <summary>S_DEAD: a removed directory.</summary>
    public bool IsDead { get; set; }

    /// <summary>S_AUTOMOUNT.</summary>
    public bool IsAutomount { get; init; }

    /// <summary>i_version, which rises where somebody has looked since it last did.</summary>
    public ulong Version { get; private set; }

    private bool _isVersionSeen;

    /// <summary>inode_query_iversion().</summary>
    public ulong QueryVersion()
    {
        _isVersionSeen = true;
        return Version;
    }

    /// <summary>inode_maybe_inc_iversion().</summary>
    public void ChangeVersion()
    {
        Version += _isVersionSeen ? 1u : 0;
        _isVersionSeen = false;
    }

    /// <summary>Pages of the page cache that are up to date.</summary>
    public HashSet<ulong> Pages { get; private set; } = [];

    /// <summary>
    /// i_count: aliases, open files' releases under way, and who looks at it now.
    /// </summary>
    public int References { get; set; }

    /// <summary>i_dentry.</summary>
    public List<Dentry> Aliases { get; private set; } = [];

    /// <summary>i_acl; null where it is known that there is none.</summary>
    public PosixAcl? Acl { get; private set; }

    /// <summary>Whether i_acl is known: not ACL_NOT_CACHED.</summary>
    public bool IsAclCached { get; private set; }

    /// <summary>ACL_DONT_CACHE: i_acl is never known.</summary>
    public bool KeepsNoAcl { get; set; }

    /// <summary>forget_cached_acl() leaves ACL_NOT_CACHED, also where it was ACL_DONT_CACHE.
    /// </summary>
    public bool ForgettingKeepsAcl { get; init; }

    /// <summary>
    /// The sentinel that __get_acl() puts in place while it asks: the first who asks has the
    /// place, until somebody forgets what is cached there.
    /// </summary>
    private object? _aclAsker;

    /// <summary>Before i_acl is asked for; null where another asks already.</summary>
    public object? BeginAcl()
    {
        if (KeepsNoAcl || _aclAsker is not null)
            return null;
        return _aclAsker = new object();
    }

    /// <summary>
    /// What __get_acl() caches: not where it was forgotten while it was asked for, or another
    /// asked first.
    /// </summary>
    /// <param name="asker">What <see cref="BeginAcl"/> gave.</param>
    /// <param name="isKnown">False after an error, which is not cached.</param>
    /// <param name="acl">The list; null where there is none.</param>
    public void EndAcl(object? asker, bool isKnown, PosixAcl? acl)
    {
        if (asker is null || asker != _aclAsker)
            return;
        _aclAsker = null;
        if (!isKnown)
            return;
        Acl = acl;
        IsAclCached = true;
    }

    /// <summary>forget_all_cached_acls().</summary>
    public void ForgetAcls()
    {
        _aclAsker = null;
        Acl = null;
        IsAclCached = false;
        KeepsNoAcl &= !ForgettingKeepsAcl;
    }

    /// <summary>i_rwsem.</summary>
    public KernelLock Lock { get; private set; } = new(wakes);

    /// <summary>ihold().</summary>
    public void Hold() => References++;

    /// <summary>
    /// iput(): the last reference evicts, whatever nlink says (inode_just_drop()).
    /// </summary>
    public void Put()
    {
        if (--References == 0)
            _super.EvictInode(this);
    }

    /// <summary>The same object in another kernel, unlocked and without a name yet.</summary>
    protected Inode Copy(ISuperOperations super, WakeQueue wakes)
    {
        Inode copy = (Inode)MemberwiseClone();
        copy._super = super;
        copy.Pages = [.. Pages];
        copy.Aliases = [];
        copy.Lock = new(wakes);
        copy._aclAsker = null;
        return copy;
    }

    public bool IsDirectory => FileModes.IsDirectory(Mode);

    public bool IsRegular => FileModes.IsRegular(Mode);

    public bool IsSymlink => FileModes.IsSymlink(Mode);
}
