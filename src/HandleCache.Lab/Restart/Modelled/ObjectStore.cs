namespace HandleCache.Lab.Restart.Modelled;

/// <summary>
/// What lies behind the server and outlives it: a tree of objects with inode numbers, which are
/// used again at once, and generations, which are not. Deterministic.
/// </summary>
internal sealed class ObjectStore
{
    private readonly Stack<ulong> _freeInos = new();
    private readonly Dictionary<ulong, WorldObject> _byIno = [];
    private ulong _lastIno;
    private ulong _lastSerial;
    private uint _lastGeneration;

    public ObjectStore()
    {
        Root = New(isDirectory: true);
        Root.Links = 1;
    }

    private ObjectStore(ObjectStore original, Dictionary<WorldObject, WorldObject> copies)
    {
        _freeInos = new(original._freeInos.Reverse());
        _lastIno = original._lastIno;
        _lastSerial = original._lastSerial;
        _lastGeneration = original._lastGeneration;
        Root = original.Root.Copy(copies);
        foreach ((ulong ino, WorldObject one) in original._byIno)
            _byIno.Add(ino, one.Copy(copies));
    }

    public WorldObject Root { get; }

    /// <summary>
    /// The same objects with the same numbers; what is done to one store leaves the other alone.
    /// </summary>
    /// <param name="copies">Each object with its copy, for who knows objects.</param>
    public ObjectStore Copy(out Dictionary<WorldObject, WorldObject> copies)
    {
        copies = [];
        return new(this, copies);
    }

    /// <summary>The object that has an inode number now.</summary>
    public WorldObject? Find(ulong ino) => _byIno.GetValueOrDefault(ino);

    /// <summary>Names that the object with this serial has; 0 when it is no more.</summary>
    public uint LinksOf(ulong serial) =>
        (uint)(_byIno.Values.FirstOrDefault(o => o.Serial == serial)?.Links ?? 0);

    /// <summary>The object a path leads to; null where it does not exist.</summary>
    public WorldObject? Resolve(ReadOnlySpan<string> path)
    {
        WorldObject at = Root;
        foreach (string name in path)
        {
            if (!at.Children.TryGetValue(name, out WorldObject? child))
                return null;
            at = child;
        }

        return at;
    }

    /// <summary>Makes a new object under a name that is free.</summary>
    public WorldObject Create(WorldObject parent, string name, bool isDirectory)
    {
        WorldObject made = New(isDirectory);
        Link(parent, name, made);
        return made;
    }

    public static void Link(WorldObject parent, string name, WorldObject target)
    {
        parent.Children.Add(name, target);
        target.Links++;
    }

    /// <summary>Takes a name away; of a directory with all that is below it.</summary>
    public void Remove(WorldObject parent, string name)
    {
        WorldObject target = parent.Children[name];
        foreach (string child in target.Children.Keys.ToArray())
            Remove(target, child);
        parent.Children.Remove(name);
        target.Links--;
        Settle(target);
    }

    public void Rename(WorldObject from, string oldName, WorldObject to, string newName)
    {
        WorldObject moved = from.Children[oldName];
        if (to.Children.ContainsKey(newName))
            Remove(to, newName);
        from.Children.Remove(oldName);
        to.Children.Add(newName, moved);
    }

    public void Close(WorldObject target)
    {
        target.Opens--;
        Settle(target);
    }

    /// <summary>The server died: what only it held open is gone.</summary>
    public void CloseAll()
    {
        foreach (WorldObject target in _byIno.Values.Where(o => o.Opens > 0).ToArray())
        {
            target.Opens = 0;
            Settle(target);
        }
    }

    private WorldObject New(bool isDirectory)
    {
        ulong ino = _freeInos.TryPop(out ulong used) ? used : ++_lastIno;
        WorldObject made = new(ino, ++_lastGeneration, ++_lastSerial, isDirectory);
        _byIno.Add(ino, made);
        return made;
    }

    private void Settle(WorldObject target)
    {
        if (!target.IsAlive && _byIno.Remove(target.Ino))
            _freeInos.Push(target.Ino);
    }
}
