namespace HandleCache.Model.Slab;

/// <summary>Where SLUB keeps the pointer to the next free object while an object is free.</summary>
public enum FreePointerPlace
{
    /// <summary>In the middle of the object: costs nothing.</summary>
    Middle,

    /// <summary>In a field the caller named: costs nothing.</summary>
    Given,

    /// <summary>After the object: a word of its own, since the object must stay as it is.</summary>
    After,
}
