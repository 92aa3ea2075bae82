namespace HandleCache.Server.Scripted;

/// <summary>
/// What a server last said of each name: the nodeid it gave for a name in a directory, as far as
/// the traffic shows it. Safe from any thread.
/// </summary>
public sealed class NameMap(ulong root)
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<(ulong Parent, string Name), ulong> _nodes = [];

    public void Set(ulong parent, string name, ulong nodeId)
    {
        lock (_lock)
            _nodes[(parent, name)] = nodeId;
    }

    public void Remove(ulong parent, string name)
    {
        lock (_lock)
            _nodes.Remove((parent, name));
    }

    public void Move(
        (ulong Parent, string Name) from, (ulong Parent, string Name) to, bool exchanges)
    {
        lock (_lock)
        {
            bool had = _nodes.Remove(from, out ulong moved);
            bool hadTarget = _nodes.Remove(to, out ulong target);
            if (had)
                _nodes[to] = moved;
            if (hadTarget && exchanges)
                _nodes[from] = target;
        }
    }

    /// <summary>The nodeid at the end of a path; 0 where a name on the way is not known.</summary>
    public ulong Find(string path)
    {
        lock (_lock)
        {
            ulong at = root;
            foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                if (name != "." && !_nodes.TryGetValue((at, name), out at))
                    return 0;
            }

            return at;
        }
    }

    /// <summary>Names in the root directory.</summary>
    public IReadOnlyList<string> RootNames()
    {
        lock (_lock)
            return [.. _nodes.Keys.Where(key => key.Parent == root).Select(key => key.Name)];
    }
}
