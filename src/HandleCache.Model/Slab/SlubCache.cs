namespace HandleCache.Model.Slab;

/// <summary>
/// One slab cache filled object by object: a slab is made when the last one is full, and with it
/// its memcg vector where that is a kmalloc. One CPU's view: no per-CPU slabs, no sheaves.
/// </summary>
public sealed class SlubCache
{
    private readonly SlubCache? _vectorCache;
    private int _roomInSlab;

    internal SlubCache(string name, SlabGeometry geometry, SlubCache? vectorCache)
    {
        Name = name;
        Geometry = geometry;
        _vectorCache = vectorCache;
    }

    /// <summary>As slabinfo has it.</summary>
    public string Name { get; }

    public SlabGeometry Geometry { get; }

    /// <summary>Live objects.</summary>
    public long Objects { get; private set; }

    public long Slabs { get; private set; }

    public long PagesBytes => Slabs * Geometry.SlabBytes;

    internal void Allocate()
    {
        if (_roomInSlab == 0)
        {
            Slabs++;
            _roomInSlab = Geometry.ObjectsPerSlab;
            _vectorCache?.Allocate();
        }

        _roomInSlab--;
        Objects++;
    }
}
