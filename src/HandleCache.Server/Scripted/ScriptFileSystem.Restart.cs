using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Rebinding;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Server.Scripted;

/// <summary>
/// The death of the server: the tree is what lies behind it and stays, what only its process knew
/// is gone. The next one finds an object again by the handle that a request brings.
/// </summary>
public sealed partial class ScriptFileSystem
{
    private ulong _lostFh;

    public void Restart()
    {
        lock (_lock)
        {
            foreach (ScriptNode node in _nodes.Values)
                node.NodeId = 0;
            _root.NodeId = FuseConstants.FUSE_ROOT_ID;
            _nodes.Clear();
            _nodes.Add(_root.NodeId, _root);
            _open.Clear();
            _lostFh = _lastFh;

            // A nodeid of another life is never given: the counter goes on.
            _freed.Clear();
            _removed.Clear();
        }
    }

    /// <summary>
    /// Binds a nodeid of an earlier life to the object of its handle. An object that has no nodeid
    /// in this life yet takes it; another is known by two.
    /// </summary>
    public override Errno Rebind(in BoundNode node)
    {
        lock (_lock)
        {
            if (_nodes.ContainsKey(node.NodeId))
                return Errno.None;
            if (FindByHandle(_root, node.Handle) is not { } found)
                return Errno.ESTALE;
            _nodes.Add(node.NodeId, found);
            if (found.NodeId == 0)
                found.NodeId = node.NodeId;
            return Errno.None;
        }
    }

    private ScriptNode? FindByHandle(ScriptNode at, in FileHandle handle)
    {
        uint type = _options.Spoken.CarriesHandleType(HandleType) ? HandleType : 0;
        if (handle.Type == type && handle.Bytes.SequenceEqual(HandleOf(at)))
            return at;
        foreach ((_, ScriptNode child) in at.Children.Values)
        {
            if (FindByHandle(child, handle) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>An open file or directory of an earlier life.</summary>
    private bool IsLost(ulong fh) => fh != 0 && fh <= _lostFh;

    /// <summary>The nodeid of an object in this life; a new one on its first reply.</summary>
    private ulong Given(ScriptNode node)
    {
        if (node.NodeId == 0)
            _nodes.Add(node.NodeId = ++_lastNodeId, node);
        return node.NodeId;
    }
}
