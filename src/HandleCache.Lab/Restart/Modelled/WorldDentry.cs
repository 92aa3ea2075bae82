namespace HandleCache.Lab.Restart.Modelled;

/// <summary>A cached name; it never expires by itself.</summary>
internal sealed class WorldDentry(string name, WorldDentry? parent, WorldInode inode)
{
    public string Name { get; set; } = name;

    public WorldDentry? Parent { get; set; } = parent;

    public WorldInode Inode { get; } = inode;

    public SortedDictionary<string, WorldDentry> Children { get; } =
        new(StringComparer.Ordinal);

    public string Path => Parent is null
        ? ""
        : Parent.Parent is null ? Name : $"{Parent.Path}/{Name}";
}
