using HandleCache.Linux;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Channels;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Which inodes the kernel reads and writes by itself. While anybody has an inode open, all its
/// open files are of one mode (fs/fuse/iomode.c), and the kernel answers EIO to an OPEN of another:
/// <code>
/// open now        the next is answered
/// none            backed, with a new id, if it can be; else plain
/// backed          backed, with the same id
/// plain           plain
/// </code>
/// The server hears of an OPEN before the kernel has opened, and of a RELEASE after the kernel has
/// closed: what it believes open, in a mode, the kernel has open or had. So this order of things
/// holds for the kernel, too. Safe from several threads.
/// </summary>
internal sealed class BackedInodes
{
    /// <summary>
    /// Acts for root: ext4 lets fsuid 0 have the blocks reserved for root, and who opens the inode
    /// next shares these credentials.
    /// </summary>
    private const uint Nobody = 65534;

    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, Mode> _modes = [];
    private IBackingFiles? _kernel;

    /// <summary>Inodes that are open and backed.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _modes.Values.Count(mode => mode.Id != 0);
        }
    }

    /// <summary>Before the first open.</summary>
    public void Begin(IBackingFiles kernel) => _kernel = kernel;

    /// <summary>
    /// Counts one more open file of an inode and gives the backing id to answer with, 0 for none.
    /// EINVAL: with O_DIRECT, which the source cannot, of an inode that is backed.
    /// </summary>
    /// <param name="nodeid">Of the inode.</param>
    /// <param name="opened">The file of the source.</param>
    /// <param name="isDirect">Opened with O_DIRECT, which is then the source's to do.</param>
    /// <param name="uid">The caller's.</param>
    /// <param name="gid">The caller's.</param>
    /// <param name="errno">None when it is counted.</param>
    public int Enter(
        ulong nodeid, FileDescriptor opened, bool isDirect, uint uid, uint gid, out Errno errno)
    {
        errno = Errno.None;
        if (_kernel is null)
            return 0;
        bool canDirect = !isDirect || CanDirect(opened);
        lock (_lock)
        {
            if (!_modes.TryGetValue(nodeid, out Mode mode))
                mode = new Mode(canDirect ? OpenBacking(opened, uid, gid) : 0, 0);
            if (mode.Id != 0 && !canDirect)
            {
                errno = Errno.EINVAL;
                return 0;
            }

            _modes[nodeid] = mode with { Opens = mode.Opens + 1 };
            return mode.Id;
        }
    }

    /// <summary>One open file of an inode is closed; the last one takes the id along.</summary>
    public void Leave(ulong nodeid)
    {
        if (_kernel is null)
            return;
        lock (_lock)
        {
            if (!_modes.TryGetValue(nodeid, out Mode mode))
                return;
            if (mode.Opens > 1)
            {
                _modes[nodeid] = mode with { Opens = mode.Opens - 1 };
                return;
            }

            _modes.Remove(nodeid);
            if (mode.Id != 0)
                _kernel.Close(mode.Id);
        }
    }

    /// <summary>
    /// The kernel keeps the credentials. Root's CAP_FSETID would keep the set-id bits in the source
    /// of a file that others write, and without it root's own writes would take them: such a file
    /// is served plainly.
    /// </summary>
    private int OpenBacking(FileDescriptor opened, uint uid, uint gid)
    {
        Errno errno = Metadata.Statx(opened, StatxMask.BasicStats, out Statx statx);
        if (errno != Errno.None || !FileModes.IsRegular(statx.Mode)
            || (statx.Mode & (FileModes.SetUid | FileModes.SetGid)) != 0)
        {
            return 0;
        }

        // Not the file that is open for writing: the kernel would hold it as long as others read.
        using FileDescriptor? path = Files.Reopen(opened, OpenFlags.Path, out _);
        if (path is null)
            return 0;
        using LeastRights rights = uid == 0
            ? LeastRights.Assume(Nobody, Nobody)
            : LeastRights.Assume(uid, gid);
        SysResult id = _kernel!.Open(path);
        return id.Failed ? 0 : (int)id.Value;
    }

    private static bool CanDirect(FileDescriptor opened)
    {
        using FileDescriptor? direct = Files.Reopen(
            opened, OpenFlags.ReadOnly | OpenFlags.NonBlock | OpenFlags.Direct, out Errno errno);
        return errno != Errno.EINVAL;
    }

    /// <param name="Id">Of the backing file; 0 where the inode is served plainly.</param>
    /// <param name="Opens">Open files of the inode.</param>
    private readonly record struct Mode(int Id, int Opens);
}
