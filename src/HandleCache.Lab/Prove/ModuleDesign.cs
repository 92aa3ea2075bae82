using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Prove;

/// <summary>Which designs the kernel module speaks: that of models/designs/thread.json, in every
/// storage strategy.</summary>
internal static class ModuleDesign
{
    private static readonly FuseOpcode[] Returned =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_MKNOD,
        FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_SYMLINK, FuseOpcode.FUSE_LINK,
        FuseOpcode.FUSE_TMPFILE, FuseOpcode.FUSE_READDIRPLUS,
    ];

    /// <summary>The strategies that are proved where none is named.</summary>
    public static IReadOnlyList<HandleStrategy> Strategies { get; } =
    [
        HandleStrategy.Inline(12), HandleStrategy.Inline(40), HandleStrategy.InlineCache(12, 128),
        HandleStrategy.InlineOnly(12), HandleStrategy.Static(128), HandleStrategy.Pointer,
        HandleStrategy.PointerMax(128),
    ];

    /// <summary>The fields of a design file that the module cannot do, in its order.</summary>
    public static IReadOnlyList<string> Unspoken(Design design)
    {
        WireDesign wire = design.Wire;
        HandleEncoding encoding = wire.Encoding;
        (string Field, bool IsSpoken)[] fields =
        [
            ("framing", wire.Framing == DesignFraming.Plain),
            ("negotiation.optIn", wire.OptIn == HandleOptIn.InitBitAndMaximum),
            ("negotiation.bit", wire.Numbers.InitFlag == Dialect.Thread.InitFlag),
            ("negotiation.lookupOpcode", wire.Numbers.Lookup == Dialect.Thread.Numbers.Lookup),
            ("handle.size", encoding.SizeFieldBytes == 4),
            ("handle.type", encoding is { TypeFieldBytes: 4, FoldsType: false }),
            ("handle.array", encoding.ArrayBytes == FuseConstants.MAX_HANDLE_SZ),
            ("handle.align", encoding.AlignBytes == 1),
            ("returned", Returned.All(wire.Returns.Contains)),
            ("carried.by", wire.Carriage == HandleCarriage.LookupParent),
            ("carried.as", wire.Position == HandlePosition.NodeRecord),
            ("identity.foundBy", !wire.Identity.FoundByHandle),
            ("identity.compares", wire.Identity is
            {
                ComparesGeneration: true, ComparesFileType: true, ComparesHandle: true,
            }),
            ("identity.absent", !wire.RequiresHandle),
            ("forget", !wire.ForgetsOne),
            ("export.as", wire.Export == ExportForm.NodeId),
            ("storage.header", design.Storage.Header.Kind == HandleHeaderKind.Fanotify),
            ("storage.placement", design.Storage.Placement.Kind == SlotPlacementKind.End),
            ("storage.accounted", design.Storage.SpillType == KmallocType.Cgroup),
        ];
        return
        [
            .. fields.Where(field => !field.IsSpoken).Select(field => field.Field),
            .. DesignDefect.All.Where(defect => (wire.Defects & defect.Flag) != 0)
                .Select(defect => defect.Setting),
        ];
    }

    /// <exception cref="BadInputException">The module cannot do it; names the fields.</exception>
    public static void Require(Design design)
    {
        if (Unspoken(design) is { Count: > 0 } fields)
        {
            throw new BadInputException(
                $"{design.Name}: the kernel module cannot do this design's "
                + string.Join(", ", fields));
        }
    }
}
