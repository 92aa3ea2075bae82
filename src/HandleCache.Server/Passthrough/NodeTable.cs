using HandleCache.Linux;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Passthrough;

/// <summary>
/// Which nodeid stands for which handle, and how often the kernel has been told. Nodeids are
/// given out upwards and never again. Safe from several threads; some 45 bytes a node with
/// handles up to 12 bytes.
/// </summary>
internal sealed class NodeTable : IDisposable
{
    /// <summary>The file of this node has lost a name and may be gone.</summary>
    private const InodeState Suspect = InodeState.Owner1;

    private readonly Lock _lock = new();
    private readonly InodeTable _table =
        new(new InodeTableOptions { IndexByHandle = true });

    private readonly bool _remember;
    private readonly IKnownNodes? _known;
    private readonly StatelessNodes? _stateless;
    private readonly InodeIndex _root;
    private ulong _nextNodeId;
    private int _forgotten;

    public NodeTable(
        in FileHandleBuffer root,
        ForgottenHandles forgotten,
        ulong firstNodeId,
        IKnownNodes? known = null,
        StatelessNodes? stateless = null)
    {
        _known = known;
        _stateless = stateless;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(
            firstNodeId, FuseConstants.FUSE_ROOT_ID);
        _remember = forgotten != ForgottenHandles.Drop;
        _nextNodeId = firstNodeId + (stateless is null ? 0 : StatelessNodes.FirstOther);
        _root = _table.Add(FuseConstants.FUSE_ROOT_ID, 0, FileModes.Directory,
            new FileHandle((uint)root.Type, root.Bytes));
    }

    /// <summary>Nodes that are known, the root and remembered ones included.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _table.Count;
        }
    }

    /// <summary>Nodes that the kernel has forgotten and this table has not.</summary>
    public int Remembered
    {
        get
        {
            lock (_lock)
                return _forgotten;
        }
    }

    /// <summary>Memory of table and indexes, in bytes.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_lock)
                return _table.MemoryBytes;
        }
    }

    /// <summary>
    /// The nodeid of a handle, a new one if it has none, and one lookup more. The caller must
    /// send it in an entry or take it back with <see cref="Forget"/>.
    /// </summary>
    public ulong Acquire(in FileHandleBuffer handle, uint mode)
    {
        FileHandle key = new((uint)handle.Type, handle.Bytes);
        lock (_lock)
        {
            InodeIndex index = _table.FindByHandle(key);
            if (index.IsNone)
                index = _table.Add(NewNodeId(handle), 0, mode, key);
            else if (index != _root && _table.NLookup(index) == 0)
                _forgotten--;
            _table.AddLookups(index, 1);
            return _table.NodeId(index);
        }
    }

    /// <summary>
    /// Binds a nodeid of an earlier life to its handle. ESTALE when the nodeid is bound otherwise
    /// here, or the handle is though earlier nodeids are told; where nobody tells them, an object
    /// may have got another meanwhile, and has both. Its lookups are not known: the first FORGET
    /// ends it, and a request that still needs it brings the handle again.
    /// </summary>
    public Errno Rebind(ulong nodeid, in FileHandleBuffer handle, uint mode)
    {
        FileHandle key = new((uint)handle.Type, handle.Bytes);
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            if (!index.IsNone)
                return _table.Handle(index) == key ? Errno.None : Errno.ESTALE;
            if (_known is not null && !_table.FindByHandle(key).IsNone)
                return Errno.ESTALE;
            index = _table.Add(nodeid, 0, mode, key);
            _table.AddLookups(index, 1);
            return Errno.None;
        }
    }

    /// <summary>One lookup more of a nodeid that is known; false when it is not.</summary>
    public bool TryCount(ulong nodeid)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            if (index.IsNone)
                return false;
            if (index != _root && _table.NLookup(index) == 0)
                _forgotten--;
            _table.AddLookups(index, 1);
            return true;
        }
    }

    /// <summary>
    /// The handle that a nodeid stands for; of one that is a handle itself also where it is not
    /// in the table, but never the root's, which has nodeid 1.
    /// </summary>
    public bool TryGetHandle(ulong nodeid, out FileHandleBuffer handle)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            if (index.IsNone)
            {
                handle = default;
                return _stateless is not null && _stateless.TryGetHandle(nodeid, out handle)
                    && _table.FindByHandle(
                        new FileHandle((uint)handle.Type, handle.Bytes)) != _root;
            }

            FileHandle found = _table.Handle(index);
            handle = FileHandleBuffer.From((int)found.Type, found.Bytes);
            return true;
        }
    }

    /// <summary>The kernel's count of a nodeid; 0 when it is not known.</summary>
    public ulong NLookup(ulong nodeid)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            return index.IsNone ? 0 : _table.NLookup(index);
        }
    }

    /// <summary>
    /// Takes lookups back. What is left to do when none remains: see <see cref="ForgetResult"/>.
    /// More than were counted, or an unknown nodeid, is the peer's mistake and ends at zero.
    /// </summary>
    public ForgetResult Forget(ulong nodeid, ulong nlookup)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            if (index.IsNone)
                return ForgetResult.Unknown;
            ulong held = _table.NLookup(index);
            _table.DropLookups(index, Math.Min(held, nlookup));
            if (held > nlookup || held == 0 || index == _root)
                return ForgetResult.Held;
            bool needsNoMemory = _stateless is not null && StatelessNodes.IsHandle(nodeid);
            if (!_remember || needsNoMemory)
            {
                _table.Remove(index);
                return ForgetResult.Gone;
            }

            _forgotten++;
            bool suspect = (_table.Get(index).Flags & Suspect) != 0;
            return suspect ? ForgetResult.RememberedSuspect : ForgetResult.Remembered;
        }
    }

    /// <summary>
    /// The nodeid under which the kernel has the object of a handle; 0 when it has not. One of an
    /// earlier life is bound as <see cref="Rebind"/> binds it.
    /// </summary>
    public ulong CountedNode(in FileHandleBuffer handle, uint mode)
    {
        FileHandle key = new((uint)handle.Type, handle.Bytes);
        lock (_lock)
        {
            InodeIndex index = _table.FindByHandle(key);
            if (!index.IsNone)
                return _table.NLookup(index) == 0 ? 0 : _table.NodeId(index);
            bool isForgotten = false;
            ulong known = _known?.NodeIdOf(handle, out isForgotten) ?? 0;
            if (known == 0 || isForgotten)
                return 0;
            _table.AddLookups(_table.Add(known, 0, mode, key), 1);
            return known;
        }
    }

    /// <summary>
    /// A file has lost a name: when it is forgotten, see whether it still exists.
    /// </summary>
    public void MarkSuspect(in FileHandleBuffer handle)
    {
        FileHandle key = new((uint)handle.Type, handle.Bytes);
        lock (_lock)
            MarkSuspect(_table.FindByHandle(key));
    }

    /// <summary>As above, for a file that never had a name.</summary>
    public void MarkSuspect(ulong nodeid)
    {
        lock (_lock)
            MarkSuspect(_table.Find(nodeid));
    }

    /// <summary>The kernel has forgotten a node whose file may be gone.</summary>
    public bool IsForgottenSuspect(ulong nodeid)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            return !index.IsNone && _table.NLookup(index) == 0
                && (_table.Get(index).Flags & Suspect) != 0;
        }
    }

    /// <summary>Drops a node whose file is no more, unless the kernel still counts on it.</summary>
    public void DropIfForgotten(ulong nodeid)
    {
        lock (_lock)
        {
            InodeIndex index = _table.Find(nodeid);
            if (index.IsNone || index == _root || _table.NLookup(index) != 0)
                return;
            _table.Remove(index);
            _forgotten--;
        }
    }

    private ulong NewNodeId(in FileHandleBuffer handle)
    {
        ulong known = _known?.NodeIdOf(handle, out _) ?? 0;
        if (known == 0)
            known = _stateless?.NodeIdOf(handle) ?? 0;
        return known != 0 ? known : _nextNodeId++;
    }

    public void Dispose()
    {
        lock (_lock)
            _table.Dispose();
    }

    private void MarkSuspect(InodeIndex index)
    {
        if (!index.IsNone)
            _table.SetFlags(index, Suspect);
    }
}

/// <summary>
/// Which nodeids the kernel has from earlier lives of the server. An object must keep its
/// nodeid: under a second one the kernel would cache its data twice.
/// </summary>
public interface IKnownNodes
{
    /// <summary>The nodeid the kernel has for a handle, or had; 0 for none.</summary>
    ulong NodeIdOf(in FileHandleBuffer handle, out bool isForgotten);
}

/// <summary>What a FORGET left behind.</summary>
internal enum ForgetResult
{
    /// <summary>There was no such node.</summary>
    Unknown,

    /// <summary>The kernel still counts on it, or it is the root.</summary>
    Held,

    /// <summary>It is gone from the table.</summary>
    Gone,

    /// <summary>The kernel has forgotten it, the table has not.</summary>
    Remembered,

    /// <summary>As <see cref="Remembered"/>, and the file may have been deleted.</summary>
    RememberedSuspect,
}
