namespace HandleCache.Model.Inodes;

/// <summary>
/// Names one record of an <see cref="InodeTable"/>, 1 to 2^28 - 1; stable for the record's life,
/// given again to another after it. The default value names none.
/// </summary>
public readonly record struct InodeIndex(uint Value)
{
    public static InodeIndex None => default;

    public bool IsNone => Value == 0;
}
