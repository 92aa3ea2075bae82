namespace HandleCache.Model.Inodes;

/// <summary>
/// Says whether a record whose tag fits is the one sought. Implemented by structs.
/// </summary>
internal interface IIndexMatch
{
    bool IsMatch(uint record);
}
