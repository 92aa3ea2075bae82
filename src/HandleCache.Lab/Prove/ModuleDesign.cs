using System.Numerics;
using HandleCache.Model.Designs;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Prove;

/// <summary>
/// Which designs the kernel module speaks, in every storage strategy, and by which parameters: that
/// of models/designs/thread.json, and what models/linux/form.c says.
/// </summary>
internal static class ModuleDesign
{
    private static readonly FuseOpcode[] Returned =
    [
        FuseOpcode.FUSE_LOOKUP, FuseOpcode.FUSE_CREATE, FuseOpcode.FUSE_MKNOD,
        FuseOpcode.FUSE_MKDIR, FuseOpcode.FUSE_SYMLINK, FuseOpcode.FUSE_LINK,
        FuseOpcode.FUSE_TMPFILE, FuseOpcode.FUSE_READDIRPLUS,
    ];

    /// <summary>That the type is folded (models/linux/form.c).</summary>
    private const int FoldedType = 5;

    /// <summary>Defects that the module has as rules, by their names there.</summary>
    private static readonly (DesignDefects Defect, string Name)[] Rules =
    [
        (DesignDefects.AbsentIsStale, "absent-stale"),
        (DesignDefects.OverwritesBeforeCompare, "overwritten-first"),
        (DesignDefects.RefusesLongest, "longest-refused-in-iget"),
        (DesignDefects.NoParentOnRevalidation, "revalidated-without-parent"),
        (DesignDefects.EntryValidForAttributes, "entry-validity"),
    ];

    private static DesignDefects SpokenDefects =>
        Rules.Aggregate(DesignDefects.None, (all, rule) => all | rule.Defect);

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
            (
                "negotiation.optIn",
                wire.OptIn is HandleOptIn.InitBitAndMaximum or HandleOptIn.InitBit),
            ("negotiation.bit", BitOperations.IsPow2((ulong)wire.Numbers.InitFlag)),

            // The server of the kills opens what a handle names, which takes its type.
            ("handle.type", encoding.FoldsType || encoding.TypeFieldBytes > 0),
            ("handle.array", encoding.ArrayBytes is 0 or FuseConstants.MAX_HANDLE_SZ),
            ("returned", Returned.All(wire.Returns.Contains)),
            ("carried.by", wire.Carriage != HandleCarriage.EveryNodeId),
            (
                "carried.as",
                wire.Carriage != HandleCarriage.Parent
                    || wire.Position == HandlePosition.Argument),
            ("identity.foundBy", !wire.Identity.FoundByHandle),
            ("identity.compares", wire.Identity is
            {
                ComparesGeneration: true, ComparesFileType: true, ComparesHandle: true,
            }),
            ("forget", !wire.ForgetsOne),
            ("export.as", wire.Export != ExportForm.Handle),

            // Words alone can be given out.
            (
                "handle.align",
                wire.Export == ExportForm.NodeId || encoding.WireBytes(1) % sizeof(uint) == 0),
            ("storage.header", design.Storage.Header.Kind == HandleHeaderKind.Fanotify),
            ("storage.placement", design.Storage.Placement.Kind == SlotPlacementKind.End),
            ("storage.accounted", design.Storage.SpillType == KmallocType.Cgroup),
        ];
        return
        [
            .. fields.Where(field => !field.IsSpoken).Select(field => field.Field),
            .. DesignDefect.All.Where(defect => (wire.Defects & defect.Flag & ~SpokenDefects) != 0)
                .Select(defect => defect.Setting),
        ];
    }

    /// <summary>What the module is loaded with to be a design that it speaks.</summary>
    public static string Parameters(Design design)
    {
        WireDesign wire = design.Wire;
        HandleEncoding encoding = wire.Encoding;
        int type = encoding.FoldsType ? FoldedType : encoding.TypeFieldBytes;
        int carriedBy = wire.Carriage switch
        {
            HandleCarriage.None => 0,
            HandleCarriage.LookupParent => 1,
            _ => 2,
        };
        int bit = BitOperations.Log2((ulong)wire.Numbers.InitFlag);
        int named = wire.OptIn == HandleOptIn.InitBitAndMaximum ? 1 : 0;
        string text = FormattableString.Invariant(
            $"handle_form={encoding.SizeFieldBytes},{type},{encoding.ArrayBytes},")
            + FormattableString.Invariant($"{encoding.AlignBytes} ")
            + FormattableString.Invariant($"handle_carried={carriedBy},{(int)wire.Position} ")
            + FormattableString.Invariant(
                $"handle_init={bit},{wire.ToDialect().MaxHandleBytes},{named} ")
            + FormattableString.Invariant($"handle_opcode={(int)wire.Numbers.Lookup}")
            + (wire.Export == ExportForm.Both ? " handle_export=1" : "");
        IEnumerable<string> rules = Rules.Where(rule => (wire.Defects & rule.Defect) != 0)
            .Select(rule => rule.Name)
            .Concat(wire.RequiresHandle ? ["absent-refused"] : [])
            .Concat(wire.ExportAsksAnew ? ["asks-anew"] : []);
        string joined = string.Join(',', rules);
        return joined.Length == 0 ? text : $"{text} handle_rules={joined}";
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
