using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Driving;

/// <summary>What replies have said of one nodeid.</summary>
/// <param name="Generation">As the kernel keeps it, 32 bits.</param>
/// <param name="Type">S_IFMT of its mode.</param>
/// <param name="Ino">attr.ino; 0 where the server does not say.</param>
/// <param name="Life">Which life of the server gave it.</param>
internal readonly record struct NodeFacts(uint Generation, uint Type, ulong Ino, int Life);

/// <summary>
/// The nodeids of a run: what each was said to be, its path, and whether it lost a name.
/// </summary>
internal sealed class DriveNodes
{
    /// <summary>FUSE_UNKNOWN_INO of libfuse: the server does not know the number.</summary>
    private const ulong UnknownIno = 0xFFFFFFFF;

    /// <summary>Of so many nodeids with generations it is known what they were.</summary>
    private const int MostGiven = 1 << 20;

    private readonly Dictionary<ulong, NodeFacts> _facts = [];
    private readonly Dictionary<(ulong NodeId, uint Generation), NodeFacts> _given = [];
    private readonly Dictionary<ulong, string> _paths = new() { [1] = "" };
    private readonly Dictionary<(ulong Parent, string Name), ulong> _names = [];
    private readonly Dictionary<ulong, (ulong Parent, string Name)> _last = [];
    private readonly HashSet<ulong> _unlinked = [];

    public static ulong KnownIno(ulong ino) => ino == UnknownIno ? 0 : ino;

    /// <summary>Every nodeid that was ever given, in order.</summary>
    public IEnumerable<ulong> All => _facts.Keys.Order();

    public bool TryGet(ulong nodeId, out NodeFacts facts) =>
        _facts.TryGetValue(nodeId, out facts);

    /// <summary>What was given with that nodeid and generation before.</summary>
    public bool TryGetGiven(ulong nodeId, uint generation, out NodeFacts facts) =>
        _given.TryGetValue((nodeId, generation), out facts);

    public void Set(ulong nodeId, NodeFacts facts)
    {
        if (!_facts.TryGetValue(nodeId, out NodeFacts before) || before != facts)
        {
            _facts[nodeId] = facts;
            if (_given.Count < MostGiven || _given.ContainsKey((nodeId, facts.Generation)))
                _given[(nodeId, facts.Generation)] = facts;
        }
    }

    /// <summary>Its path, as known from the traffic; "" for the root and where not known.</summary>
    public string PathOf(ulong nodeId) => _paths.GetValueOrDefault(nodeId, "");

    /// <summary>What a name is known to stand for; 0 where it is not known.</summary>
    public ulong NodeIdOf(ulong parent, string name) => _names.GetValueOrDefault((parent, name));

    /// <summary>Whether it has ever lost a name, which may have been its last.</summary>
    public bool HasLostName(ulong nodeId) => _unlinked.Contains(nodeId);

    /// <summary>
    /// The kernel holds it no more, and who asks wants to know nothing of it but what was given
    /// with its generation.
    /// </summary>
    public void Drop(ulong nodeId)
    {
        _facts.Remove(nodeId);
        _unlinked.Remove(nodeId);
        _paths.Remove(nodeId);
        if (_last.Remove(nodeId, out (ulong Parent, string Name) last)
            && _names.GetValueOrDefault(last) == nodeId)
            _names.Remove(last);
    }

    /// <summary>A nodeid is given afresh: what lost a name was another object.</summary>
    public void Begin(ulong nodeId) => _unlinked.Remove(nodeId);

    public void Name(ulong parent, string name, ulong nodeId)
    {
        if (name is "" or "." or "..")
            return;
        _names[(parent, name)] = nodeId;
        _last[nodeId] = (parent, name);
        _paths[nodeId] = Join(parent, name);
    }

    public string Join(ulong parent, string name)
    {
        string above = PathOf(parent);
        return above.Length == 0 ? name : name.Length == 0 ? above : $"{above}/{name}";
    }

    /// <summary>A name is gone.</summary>
    public void Unlink(ulong parent, string name)
    {
        if (_names.Remove((parent, name), out ulong nodeId))
            _unlinked.Add(nodeId);
    }

    /// <summary>A name has moved, perhaps over another.</summary>
    public void Rename(ulong parent, string name, ulong newParent, string newName)
    {
        Unlink(newParent, newName);
        if (_names.Remove((parent, name), out ulong nodeId))
            Name(newParent, newName, nodeId);
    }

    /// <summary>Two names have changed places.</summary>
    public void Exchange(ulong parent, string name, ulong newParent, string newName)
    {
        bool hasOne = _names.Remove((parent, name), out ulong one);
        bool hasOther = _names.Remove((newParent, newName), out ulong other);
        if (hasOne)
            Name(newParent, newName, one);
        if (hasOther)
            Name(parent, name, other);
    }

    /// <summary>Names that a successful request has taken away or moved.</summary>
    public void Follow(DriveRequest asked)
    {
        uint flags = asked.Opcode == FuseOpcode.FUSE_RENAME2 ? asked.Word(8) : 0;
        switch (asked.Opcode)
        {
            case FuseOpcode.FUSE_UNLINK or FuseOpcode.FUSE_RMDIR:
                Unlink(asked.NodeId, asked.Name);
                return;
            case FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2
                when (flags & RenameFlags.Exchange) != 0:
                Exchange(asked.NodeId, asked.Name, asked.Long(0), asked.SecondName);
                return;
            case FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2:
                Rename(asked.NodeId, asked.Name, asked.Long(0), asked.SecondName);
                return;
            default:
                return;
        }
    }

    /// <summary>What a request may take the name of, before its reply says so.</summary>
    public void MayLose(DriveRequest asked)
    {
        (ulong Parent, string Name)? name = asked.Opcode switch
        {
            FuseOpcode.FUSE_UNLINK or FuseOpcode.FUSE_RMDIR => (asked.NodeId, asked.Name),
            FuseOpcode.FUSE_RENAME or FuseOpcode.FUSE_RENAME2 =>
                (asked.Long(0), asked.SecondName),
            _ => null,
        };
        if (name is { } lost && _names.TryGetValue(lost, out ulong nodeId))
            _unlinked.Add(nodeId);
    }

    /// <summary>The names in a directory that are known, in order.</summary>
    public IReadOnlyList<string> NamesIn(ulong parent) =>
        [.. _names.Keys.Where(key => key.Parent == parent).Select(key => key.Name).Order()];
}
