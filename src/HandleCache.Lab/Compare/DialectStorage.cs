using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Compare;

/// <summary>
/// How a dialect's author keeps the handle in the inode (PROPOSALS.md, section 2;
/// T1 of the thread for those that say nothing).
/// </summary>
internal static class DialectStorage
{
    public static HandleDesign Of(Dialect dialect) => dialect.Name switch
    {
        "v2" => new(
            HandleStrategy.PointerMax(HandleStrategy.MaxHandleBytes),
            new HandleHeader(HandleHeaderKind.V2)),
        "v3" => new(
            HandleStrategy.Pointer, new HandleHeader(HandleHeaderKind.U16), default,
            KmallocType.Normal),
        _ => dialect.CarriesHandles ? new(HandleStrategy.Inline(12)) : default,
    };
}
