using HandleCache.Protocol;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;
using HandleCache.Server.Sessions;
using HandleCache.Server.Tap;

namespace HandleCache.Server.Scripted;

/// <summary>
/// A small file system in memory whose every answer follows from its options and the requests
/// before: nodeids, generations, inode numbers, times (a counter) and open files are the same in
/// two instances that are asked the same. With hostility it also does what no good server does:
/// other generations, types and nodeids for the same name, impossible attributes, stray errors.
/// FORGET and RELEASE, whose order the kernel does not promise, change none of it. Served by one
/// worker; <see cref="NodeIdOf"/> may be called by another thread while no request is under way.
/// </summary>
public sealed partial class ScriptFileSystem : FileSystem, IScriptServer
{
    private readonly ScriptServerOptions _options;
    private readonly Dictionary<ulong, ScriptNode> _nodes = [];
    private readonly Stack<(ulong NodeId, ulong Generation)> _freed = new();
    private readonly Dictionary<ulong, ulong> _removed = [];
    private readonly Dictionary<ulong, ScriptNode> _open = [];
    private readonly ScriptNode _root;
    private readonly Lock _lock = new();
    private ulong _lastNodeId = FuseConstants.FUSE_ROOT_ID;
    private ulong _lastIno = 100;
    private ulong _lastFh = 1000;
    private long _lastCookie = 2;
    private ulong _tick = 1_000_000;
    private ulong _ordinal;

    public ScriptFileSystem(ScriptServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _root = new ScriptNode(FuseConstants.FUSE_ROOT_ID, 0, FileModes.Directory755)
        {
            Ino = 1,
            NLink = 2,
            ATime = _tick,
            MTime = _tick,
            CTime = _tick,
        };
        _root.Parent = _root;
        _nodes.Add(_root.NodeId, _root);
    }

    FileSystem IScriptServer.FileSystem => this;

    ITrafficObserver? IScriptServer.Observer => null;

    /// <summary>Lookups given and not forgotten, by nodeid.</summary>
    public LookupLedger Ledger { get; } = new();

    /// <summary>Nothing: it lives in memory alone.</summary>
    public void Dispose() { }

    /// <summary>The nodeid of a path in the server's own tree; 0 where there is none.</summary>
    public ulong NodeIdOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        lock (_lock)
        {
            ScriptNode? at = _root;
            foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (name == ".")
                    continue;
                at = at.Children.TryGetValue(name, out (long Cookie, ScriptNode Node) child)
                    ? child.Node
                    : null;
                if (at is null)
                    return 0;
            }

            return at.NodeId;
        }
    }

    /// <summary>The inode number of the object that has a nodeid now; 0 where none has.</summary>
    public ulong InoAt(ulong nodeId)
    {
        lock (_lock)
            return _nodes.TryGetValue(nodeId, out ScriptNode? node) ? node.Ino : 0;
    }

    /// <summary>Names of the root, in order.</summary>
    public IReadOnlyList<string> RootNames()
    {
        lock (_lock)
            return [.. _root.Children.OrderBy(child => child.Value.Cookie).Select(c => c.Key)];
    }

    public override void Forget(ulong nodeid, ulong nlookup)
    {
        Ledger.Forget(nodeid, nlookup);
        FreeIfForgotten(nodeid);
    }

    public override void TakeBackEntry(ulong nodeid)
    {
        Ledger.TakeBack(nodeid);
        FreeIfForgotten(nodeid);
    }

    private void FreeIfForgotten(ulong nodeid)
    {
        if (!_options.WaitsForForget)
            return;
        lock (_lock)
        {
            if (Ledger.CountOf(nodeid) == 0 && _removed.Remove(nodeid, out ulong generation))
                _freed.Push((nodeid, generation));
        }
    }

    private static string NameOf(ReadOnlySpan<byte> name) =>
        System.Text.Encoding.Latin1.GetString(name);

    /// <summary>
    /// Begins a request: the object, and whether this request is one to be answered badly.
    /// </summary>
    private Errno Begin(in RequestContext context, out ScriptNode node, out ulong chance)
    {
        Ask(context);
        if (_options.Lacks.Contains((FuseOpcode)context.Header.opcode))
        {
            (node, chance) = (_root, 0);
            return Errno.ENOSYS;
        }

        return BeginUnheld(context, out node, out chance);
    }

    /// <summary>The same, a bad answer that is an error being given at once.</summary>
    private Errno BeginOrStray(in RequestContext context, out ScriptNode node, out ulong chance)
    {
        Errno errno = Begin(context, out node, out chance);
        return errno == Errno.None && (chance & 2) != 0 ? StrayError(chance) : errno;
    }

    private void Ask(in RequestContext context) =>
        Ledger.Ask((FuseOpcode)context.Header.opcode, context.NodeId);

    /// <summary>The same for a request that may name what the kernel does not hold (R14).</summary>
    private Errno BeginUnheld(in RequestContext context, out ScriptNode node, out ulong chance)
    {
        _ordinal++;
        chance = 0;
        if (!_nodes.TryGetValue(context.NodeId, out ScriptNode? found))
        {
            node = _root;
            return Errno.ESTALE;
        }

        node = found;
        if (_options.HostilePer1024 == 0)
            return Errno.None;
        ulong hash = SplitMix64.Mix(_options.Seed ^ (_ordinal * 0x9E37_79B9_7F4A_7C15));
        if ((hash & 1023) >= (ulong)_options.HostilePer1024)
            return Errno.None;
        chance = (hash >> 10) | 1;
        return Errno.None;
    }

    private static Errno StrayError(ulong chance) => ((chance >> 8) % 8) switch
    {
        0 => Errno.EIO,
        1 => Errno.ENOENT,
        2 => Errno.ESTALE,
        3 => Errno.ENOMEM,
        4 => Errno.EACCES,
        5 => Errno.EEXIST,
        6 => Errno.EINTR,
        _ => Errno.ENOTDIR,
    };

    /// <summary>A new object of the caller's.</summary>
    private ScriptNode NewNode(in RequestContext context, uint mode, uint rdev = 0)
    {
        (ulong nodeId, ulong generation) = _options.ReusesNodeIds && _freed.TryPop(
            out (ulong NodeId, ulong Generation) freed)
            ? (freed.NodeId, freed.Generation + 1)
            : (++_lastNodeId, 1);
        ScriptNode node = new(nodeId, generation, mode)
        {
            Ino = ++_lastIno,
            Uid = context.Header.uid,
            Gid = context.Header.gid,
            Rdev = rdev,
            NLink = FileModes.IsDirectory(mode) ? 2u : 1u,
        };
        node.ATime = node.MTime = node.CTime = ++_tick;
        _nodes[nodeId] = node;
        return node;
    }

    private void AddChild(ScriptNode directory, string name, ScriptNode child)
    {
        directory.Children[name] = (++_lastCookie, child);
        if (child.IsDirectory)
        {
            child.Parent = directory;
            directory.NLink++;
        }

        Touch(directory);
    }

    private void RemoveChild(ScriptNode directory, string name, ScriptNode child)
    {
        directory.Children.Remove(name);
        if (child.IsDirectory)
        {
            directory.NLink--;
            child.NLink = 0;
        }
        else
        {
            child.NLink--;
        }

        child.CTime = ++_tick;
        Touch(directory);
        if (child.NLink == 0 && _options.ReusesNodeIds
            && _nodes.GetValueOrDefault(child.NodeId) == child)
        {
            if (_options.WaitsForForget && Ledger.CountOf(child.NodeId) > 0)
                _removed[child.NodeId] = child.Generation;
            else
                _freed.Push((child.NodeId, child.Generation));
        }
    }

    private void Touch(ScriptNode node) => node.MTime = node.CTime = ++_tick;

    private (ulong Seconds, uint Ns) Validity(ValidityMode mode, uint salt)
    {
        if (mode is ValidityMode.Mixed or ValidityMode.MixedFinite)
        {
            mode = (SplitMix64.Mix(_options.Seed + _ordinal + ((ulong)salt << 32)) % 3) switch
            {
                0 => ValidityMode.Zero,
                1 when mode == ValidityMode.MixedFinite => ValidityMode.Finite,
                _ => ValidityMode.Infinite,
            };
        }

        return mode switch
        {
            ValidityMode.Zero => (0, 0),
            ValidityMode.Finite => (0, (uint)(ScriptServerOptions.FiniteNs * _options.TimeScale)),
            _ => (1UL << 40, 0),
        };
    }

    /// <summary>An entry of the object, counted as one lookup; hostility may spoil it.</summary>
    private fuse_entry_out Entry(ScriptNode node, ulong chance)
    {
        (ulong entrySeconds, uint entryNs) = Validity(_options.EntryValidity, 1);
        (ulong attrSeconds, uint attrNs) = Validity(_options.AttrValidity, 2);
        fuse_entry_out entry = new()
        {
            nodeid = Given(node),
            generation = node.Generation,
            entry_valid = entrySeconds,
            entry_valid_nsec = entryNs,
            attr_valid = attrSeconds,
            attr_valid_nsec = attrNs,
            attr = node.Attributes,
        };
        if (chance != 0)
            Spoil(node, chance, ref entry);

        // The root's where the root's nodeid is given: a root of two handles is bad by the rules of
        // handles, and today's kernel, which sees none, is no judge of that.
        ChooseHandle(entry.nodeid == FuseConstants.FUSE_ROOT_ID ? _root : node);
        Ledger.Give(entry.nodeid);
        return entry;
    }

    /// <summary>What a hostile server may do to an entry.</summary>
    private void Spoil(ScriptNode node, ulong chance, ref fuse_entry_out entry)
    {
        switch ((chance >> 4) % 9)
        {
            case 0 or 1:
                entry.generation = ++node.Generation;
                break;
            case 2:
                _nodes[node.NodeId = ++_lastNodeId] = node;
                entry.nodeid = node.NodeId;
                break;
            case 3 or 8:
                entry.attr.mode = (entry.attr.mode & FileModes.PermissionMask)
                    | (node.IsDirectory ? FileModes.Regular : FileModes.Directory);
                break;
            case 4:
                entry.attr.mode = FileModes.TypeMask;
                break;
            case 5:
                entry.attr.size = ulong.MaxValue;
                break;
            case 6:
                entry.nodeid = FuseConstants.FUSE_ROOT_ID;
                entry.attr.mode = FileModes.Directory755;
                break;
            default:
                entry.generation |= 7UL << 32;
                break;
        }
    }
}
