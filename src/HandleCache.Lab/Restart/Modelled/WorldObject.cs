namespace HandleCache.Lab.Restart.Modelled;

/// <summary>A file or directory of the modelled store.</summary>
internal sealed class WorldObject(ulong ino, uint generation, ulong serial, bool isDirectory)
{
    /// <summary>Inode number; used again after the object is gone.</summary>
    public ulong Ino { get; } = ino;

    /// <summary>With the number it is never given again.</summary>
    public uint Generation { get; } = generation;

    /// <summary>
    /// Which object it is, never used again: the truth by which wrong objects are told. It is
    /// the size and the content of a file, so it also goes over the wire.
    /// </summary>
    public ulong Serial { get; } = serial;

    public bool IsDirectory { get; } = isDirectory;

    /// <summary>Names that lead here.</summary>
    public int Links { get; set; }

    /// <summary>Open files the living server has on it.</summary>
    public int Opens { get; set; }

    public SortedDictionary<string, WorldObject> Children { get; } =
        new(StringComparer.Ordinal);

    /// <summary>The same object in a copy of its store, with all that is below it.</summary>
    /// <param name="copies">Each object that was copied, with its copy.</param>
    public WorldObject Copy(Dictionary<WorldObject, WorldObject> copies)
    {
        if (copies.TryGetValue(this, out WorldObject? known))
            return known;
        WorldObject copy = new(Ino, Generation, Serial, IsDirectory)
        {
            Links = Links,
            Opens = Opens,
        };
        copies.Add(this, copy);
        foreach ((string name, WorldObject child) in Children)
            copy.Children.Add(name, child.Copy(copies));
        return copy;
    }

    public bool IsAlive => Links > 0 || Opens > 0;
}
