using System.Text.Json;
using HandleCache.Model.Handles;
using HandleCache.Model.Json;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Model.Designs;

/// <summary>
/// Reads a design file (JSON with comments), checking every field and what fields say together;
/// pure, the file's name is added by who read it. A field that is absent has the value of the
/// thread's message.
/// </summary>
public static class DesignJson
{
    /// <summary>
    /// True and the design; or false and "line N, field 'PATH': rule" or "line N, column M: rule".
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> utf8, out Design? design, out string? error)
    {
        design = null;
        using JsonDocument? document = JsonText.TryParse(utf8, out error, allowComments: true);
        if (document is null)
            return false;
        JsonErrors errors = new();
        Design read = Read(JsonFields.Root(document.RootElement, errors));
        if (errors.First is { } first)
        {
            error = JsonLines.Locate(utf8, first);
            return false;
        }

        design = read;
        return true;
    }

    private static Design Read(JsonFields root)
    {
        string name = root.RequiredString("name");
        if (name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '.' or '_')))
            root.Reject("name", "expected letters, digits, '-', '.' and '_'");
        string summary = root.OptionalString("summary") ?? "";
        DesignFraming framing = root.OptionalWord(
            "framing", DesignFraming.Plain, ("plain", DesignFraming.Plain),
            ("v3", DesignFraming.V3), ("fusex", DesignFraming.Fusex),
            ("fusex-compound", DesignFraming.FusexCompound));
        WireDesign wire = DesignDefaults.Of(framing) with { Name = name };
        wire = Negotiation(root, root.OptionalObject("negotiation"), wire);
        wire = Handle(root, root.OptionalObject("handle"), wire);
        wire = Traffic(root, wire);
        wire = Identity(root.OptionalObject("identity"), wire);
        wire = Export(root.OptionalObject("export"), wire);
        HandleDesign storage = Storage(root.OptionalObject("storage"), wire);
        root.NoOthers();
        PostedStorage posted = new(
            storage.Strategy.ToString(), storage.Header.Name,
            storage.SpillType == KmallocType.Cgroup);
        return new Design(wire with { Storage = posted }, storage, summary);
    }

    private static WireDesign Negotiation(JsonFields root, JsonFields? fields, WireDesign wire)
    {
        if (fields is null)
            return wire;
        HandleOptIn optIn = fields.OptionalWord(
            "optIn", wire.OptIn, ("none", HandleOptIn.None), ("init-bit", HandleOptIn.InitBit),
            ("init-bit-and-maximum", HandleOptIn.InitBitAndMaximum),
            ("file-system-type", HandleOptIn.FileSystemType));
        if (optIn != wire.OptIn && wire.Framing != DesignFraming.Plain)
            fields.Reject("optIn", "the framing decides it");
        int? bit = fields.OptionalInt("bit", 0, 63);
        if (bit is not null && optIn is HandleOptIn.None or HandleOptIn.FileSystemType)
            fields.Reject("bit", "nothing is negotiated in INIT with this optIn");
        int? lookup = fields.OptionalInt("lookupOpcode", 1, 4095);
        int maximum = fields.OptionalInt("maximum", 0, FuseConstants.MAX_HANDLE_SZ)
            ?? wire.MaxHandleBytes;
        bool isDecided = wire.Framing != DesignFraming.Plain
            && maximum != wire.MaxHandleBytes && !(maximum == 0 && wire.IsFusex);
        if (isDecided)
            fields.Reject("maximum", $"the framing decides it: {wire.MaxHandleBytes}");
        if (maximum == 0 && !wire.IsFusex && optIn != HandleOptIn.None)
            fields.Reject("maximum", "0 bytes only in fusex; else it is optIn that says none");
        bool offersOpcode = fields.OptionalWord("offers", false, ("bit", false), ("opcode", true));
        bool isSilent = wire.IsFusex || optIn is HandleOptIn.None or HandleOptIn.FileSystemType;
        if (offersOpcode && isSilent)
            fields.Reject("offers", "nothing is offered in INIT with this optIn");
        fields.NoOthers();
        if ((optIn == HandleOptIn.None || maximum == 0) && root.Names("carried"))
            root.Reject("carried", "there are no handles with this negotiation");
        return wire with
        {
            OptIn = optIn,
            MaxHandleBytes = maximum,
            Returns = maximum > 0 ? wire.Returns : [],
            Carriage = maximum > 0 ? wire.Carriage : HandleCarriage.None,
            Defects = wire.Defects | (offersOpcode ? DesignDefects.OffersOpcode : 0),
            Numbers = wire.Numbers with
            {
                InitFlag = optIn is HandleOptIn.None or HandleOptIn.FileSystemType
                    ? 0
                    : bit is { } b ? (FuseInitFlags)(1UL << b) : wire.Numbers.InitFlag,
                Lookup = lookup is { } opcode ? (FuseOpcode)opcode : wire.Numbers.Lookup,
            },
        };
    }

    private static WireDesign Handle(JsonFields root, JsonFields? fields, WireDesign wire)
    {
        if (fields is null)
            return wire;
        if (wire.Framing != DesignFraming.Plain)
            root.Reject("handle", "the framing decides how a handle is written");
        (int, bool) type = fields.OptionalWord(
            "type", (4, false), ("none", (0, false)), ("u16", (2, false)), ("u32", (4, false)),
            ("folded", (0, true)));
        HandleEncoding encoding = new()
        {
            SizeFieldBytes = fields.OptionalWord("size", 4, ("u8", 1), ("u16", 2), ("u32", 4)),
            TypeFieldBytes = type.Item1,
            FoldsType = type.Item2,
            ArrayBytes = fields.OptionalInt("array", 0, FuseConstants.MAX_HANDLE_SZ)
                ?? wire.Encoding.ArrayBytes,
            AlignBytes = fields.OptionalInt("align", 1, 8) ?? 1,
        };
        if (!int.IsPow2(encoding.AlignBytes))
            fields.Reject("align", "expected 1, 2, 4 or 8");
        if (encoding.LongestBytes < 1)
            fields.Reject("array", "no handle fits");
        fields.NoOthers();
        return wire with { Encoding = encoding };
    }

    private static WireDesign Traffic(JsonFields root, WireDesign wire)
    {
        IReadOnlyList<FuseOpcode> returns = Returned(root, wire);
        bool forgetsOne = root.OptionalWord(
            "forget", wire.ForgetsOne, ("counted", false), ("one-per-life", true));
        bool byEntry = root.OptionalWord(
            "attributes", false, ("own-validity", false), ("entry-validity", true));
        if (forgetsOne != wire.ForgetsOne && wire.Framing != DesignFraming.Plain)
            root.Reject("forget", "the framing decides it");
        if (byEntry && wire.IsFusex)
            root.Reject("attributes", "fusex asks for attributes apart");
        bool keeps = root.OptionalWord(
            "statxFails", false, ("forgotten", false), ("kept", true));
        if (keeps && wire.Framing == DesignFraming.Plain)
            root.Reject("statxFails", "no STATX follows an entry that brings its attributes");
        wire = wire with
        {
            Returns = returns,
            ForgetsOne = forgetsOne,
            Defects = wire.Defects | (byEntry ? DesignDefects.EntryValidForAttributes : 0)
                | (keeps ? DesignDefects.StatxFailureKeepsLookup : 0),
        };
        if (root.OptionalObject("carried") is not { } fields)
            return wire;
        HandleCarriage by = fields.OptionalWord(
            "by", wire.Carriage, ("none", HandleCarriage.None),
            ("lookup", HandleCarriage.LookupParent), ("lookup-and-create", HandleCarriage.Parent),
            ("every-request", HandleCarriage.EveryNodeId));
        HandlePosition position = fields.OptionalWord(
            "as", wire.Position, ("argument", HandlePosition.Argument),
            ("extension", HandlePosition.Extension), ("node-record", HandlePosition.NodeRecord));
        bool onRevalidation = fields.OptionalBool("onRevalidation") ?? true;
        fields.NoOthers();
        if (wire.Framing != DesignFraming.Plain && position != wire.Position)
            fields.Reject("as", "the framing decides it");
        if (wire.IsFusex && by != wire.Carriage)
            fields.Reject("by", "fusex has the handle in every request");
        if (wire.Framing == DesignFraming.V3
            && by is not (HandleCarriage.Parent or HandleCarriage.EveryNodeId))
        {
            fields.Reject("by", "v3 has it in LOOKUP and CREATE, or in every request");
        }

        if (by == HandleCarriage.EveryNodeId && position == HandlePosition.Argument)
        {
            fields.Reject(
                "as", "'argument' has no place in requests whose own arguments have no end; "
                + "expected extension or node-record with every-request");
        }

        return wire with
        {
            Carriage = by,
            Position = position,
            Defects = wire.Defects
                | (onRevalidation ? 0 : DesignDefects.NoParentOnRevalidation),
        };
    }

    private static IReadOnlyList<FuseOpcode> Returned(JsonFields root, WireDesign wire)
    {
        if (root.OptionalTexts("returned") is not { } names)
            return wire.Returns;
        if (wire.Framing != DesignFraming.Plain)
            root.Reject("returned", "the framing decides it");
        List<FuseOpcode> returns = [];
        foreach (string name in names)
        {
            bool known = Enum.TryParse($"FUSE_{name}", out FuseOpcode opcode)
                && DesignDefaults.EntryOperations.Contains(opcode);
            if (!known)
            {
                root.Reject("returned", $"'{name}' returns no entry; expected some of "
                    + string.Join(
                        ", ", DesignDefaults.EntryOperations.Select(DesignDefaults.Word)));
            }

            returns.Add(opcode);
        }

        return returns;
    }

    private static WireDesign Identity(JsonFields? fields, WireDesign wire)
    {
        if (fields is null)
            return wire;
        IReadOnlyList<string> compares =
            fields.OptionalTexts("compares") ?? ["generation", "type", "handle"];
        foreach (string word in compares)
        {
            if (word is not ("generation" or "type" or "handle"))
                fields.Reject("compares", $"'{word}'; expected some of generation, type, handle");
        }

        HandleIdentity identity = new()
        {
            FoundByHandle = fields.OptionalWord(
                "foundBy", false, ("nodeid", false), ("handle", true)),
            ComparesGeneration = compares.Contains("generation"),
            ComparesFileType = compares.Contains("type"),
            ComparesHandle = compares.Contains("handle"),
        };
        if (identity.FoundByHandle && !wire.HasHandles)
            fields.Reject("foundBy", "there are no handles with this negotiation");
        (bool requires, DesignDefects absent) = fields.OptionalWord(
            "absent", (wire.RequiresHandle, DesignDefects.None),
            ("same", (false, DesignDefects.None)), ("stale", (false, DesignDefects.AbsentIsStale)),
            ("refused", (true, DesignDefects.None)));
        DesignDefects late = fields.OptionalWord(
            "compared", DesignDefects.None, ("before-overwrite", DesignDefects.None),
            ("after-overwrite", DesignDefects.OverwritesBeforeCompare));
        DesignDefects longest = fields.OptionalWord(
            "longest", DesignDefects.None, ("taken", DesignDefects.None),
            ("refused", DesignDefects.RefusesLongest));
        DesignDefects tooLong = fields.OptionalWord(
            "tooLong", DesignDefects.None, ("refused", DesignDefects.None),
            ("cut", DesignDefects.TruncatesTooLong),
            ("locked", DesignDefects.FailedIgetStaysLocked));
        fields.NoOthers();
        return wire with
        {
            Identity = identity,
            RequiresHandle = requires,
            Defects = wire.Defects | absent | late | longest | tooLong,
        };
    }

    private static WireDesign Export(JsonFields? fields, WireDesign wire)
    {
        if (fields is null)
            return wire;
        ExportForm form = fields.OptionalWord(
            "as", wire.Export, ("nodeid", ExportForm.NodeId), ("handle", ExportForm.Handle),
            ("nodeid-and-handle", ExportForm.Both));
        bool isFixed = fields.OptionalBool("fixedSize") ?? false;
        bool asksAnew = fields.OptionalBool("asksAnew") ?? false;
        fields.NoOthers();
        if (form != ExportForm.NodeId && wire.Framing != DesignFraming.Plain)
            fields.Reject("as", "the framing exports nodeid and generation");
        if (form != ExportForm.NodeId && !wire.HasHandles)
            fields.Reject("as", "there are no handles with this negotiation");
        if (form == ExportForm.Handle && !wire.Identity.FoundByHandle)
        {
            fields.Reject(
                "as", "'handle' alone needs identity.foundBy handle, or nothing finds the inode");
        }

        if (isFixed && form == ExportForm.NodeId)
            fields.Reject("fixedSize", "only with as handle or nodeid-and-handle");
        if (asksAnew && form == ExportForm.NodeId)
            fields.Reject("asksAnew", "only with as handle or nodeid-and-handle");
        return wire with
        {
            Export = form,
            ExportAsksAnew = asksAnew,
            Defects = wire.Defects | (isFixed ? DesignDefects.ExportsFixedSize : 0),
        };
    }

    /// <summary>What finds an inode, where nothing is said of it.</summary>
    private static HandleIndex IndexOf(HandleIdentity identity) => new(
        identity.FoundByHandle ? HandleIndexKind.HList : HandleIndexKind.None);

    private static HandleDesign Storage(JsonFields? fields, WireDesign wire)
    {
        HandleStrategy standard = wire.HasHandles
            ? HandleStrategy.Inline(12)
            : HandleStrategy.None;
        if (fields is null)
            return new HandleDesign(standard) { Index = IndexOf(wire.Identity) };
        string text = fields.OptionalString("strategy") ?? standard.ToString();
        if (!HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error))
            fields.Reject("strategy", error);
        if (strategy == HandleStrategy.None && wire.HasHandles)
            fields.Reject("strategy", "none keeps no handle, and the design sends some");
        string word = fields.OptionalString("header") ?? "fanotify";
        if (!HandleHeader.TryParse(word, out HandleHeader header))
            fields.Reject("header", $"expected one of {HandleHeader.KnownNames}, found '{word}'");
        string place = fields.OptionalString("placement") ?? "end";
        if (!SlotPlacement.TryParse(place, out SlotPlacement placement))
            fields.Reject("placement", $"'{place}'; expected end, best-hole or after:MEMBER");
        string by = fields.OptionalString("index") ?? IndexOf(wire.Identity).ToString();
        if (!HandleIndex.TryParse(by, out HandleIndex index))
            fields.Reject("index", $"expected one of {HandleIndex.KnownNames}, found '{by}'");
        else if ((index.Kind == HandleIndexKind.None) == wire.Identity.FoundByHandle)
            fields.Reject("index", wire.Identity.FoundByHandle
                ? "identity.foundBy is handle; expected inode-hash, rhashtable or hlist"
                : $"identity.foundBy is nodeid; expected none, found '{by}'");
        else if (index.Kind == HandleIndexKind.InodeHash && !wire.RequiresHandle)
            fields.Reject("index", "inode-hash cannot hold an inode without a handle; expected "
                + "rhashtable or hlist, or identity.absent refused");
        bool accounted = fields.OptionalBool("accounted") ?? true;
        fields.NoOthers();
        return new HandleDesign(
            strategy, header, placement, accounted ? KmallocType.Cgroup : KmallocType.Normal)
        {
            Index = index,
        };
    }
}
