using System.Numerics;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Compare;

/// <summary>
/// Each known defect of the proposals, run on the modelled inode cache or the dialect's codecs in
/// the shortest sequence that shows it, with the defect and without.
/// </summary>
public static class DefectDemonstrations
{
    private const string CacheSequence =
        "LOOKUP gives nodeid 5 with handle A; LOOKUP gives nodeid 5 with handle B";

    /// <summary>A defect, the shortest sequence that shows it, and how that is run.</summary>
    private sealed record Demonstration(
        DialectDefect Defect, string Sequence, Func<Dialect, string> Run);

    private static readonly Demonstration[] All =
    [
        new(DialectDefect.V1TruncateTooLong,
            "maximum 12: LOOKUP gives nodeid 5 with 20 bytes; then other 20, alike in 12",
            d => IGets(d, HandleStrategy.InlineOnly(12), Bytes(20, 1), Bytes(20, 2))),
        new(DialectDefect.V2CompareAfterOverwrite, CacheSequence,
            d => IGets(d, HandleStrategy.Inline(12), Bytes(8, 1), Bytes(8, 2))),
        new(DialectDefect.V2RefuseLongest, "LOOKUP gives nodeid 5 with a handle of 128 bytes",
            d => IGets(d, HandleStrategy.Inline(12), Bytes(128, 1))),
        new(DialectDefect.V2OpcodeInInitMask, "INIT, mount", Offered),
        new(DialectDefect.V3OpcodeInInitMask, "INIT, mount", Offered),
        new(DialectDefect.V3NullHandleUnequal,
            "LOOKUP gives nodeid 5 with handle A; READDIRPLUS gives nodeid 5 without one",
            d => IGets(d, HandleStrategy.Inline(12), Bytes(8, 1), [])),
        new(DialectDefect.V3RevalidateWithoutParent,
            "LOOKUP a, b; restart; LOOKUP b; revalidate f in a",
            d => RestartedServer.LookupAcrossRestart(
                d, !d.Has(DialectDefect.V3RevalidateWithoutParent))),
        new(DialectDefect.V3EntryValidForAttributes,
            "LOOKUP gives entry_valid 60 s, attributes valid 0 s; stat", AttributesValid),
        new(DialectDefect.V2ExportFixedSize,
            "encode a node with its parent, handles of 12 bytes; decode", Exported),
        new(DialectDefect.V2FailedIgetStaysLocked,
            "maximum 24: LOOKUP gives a handle of 40 bytes; LOOKUP again", LookedUpTwice),
        new(DialectDefect.FusexStatxFailureKeepsLookup,
            "LOOKUPX gives a nodeid; STATX fails", LookedUpWithoutAttributes),
    ];

    public static IReadOnlyList<DefectRow> RunAll()
    {
        List<DefectRow> rows = [.. All.Select(d => Run(
            d, Make(d.Defect.Dialect, [d.Defect]), Make(d.Defect.Dialect, [])))];
        int atLocked = rows.FindIndex(row => row.Name == "v2-failed-iget-stays-locked");
        rows.Insert(atLocked, RootWithoutHandle());
        rows.AddRange(DialectList.All.SelectMany(d => ContestedNumbers(d, d.Name)));
        return rows;
    }

    /// <summary>The defect shown on two dialects that differ in it alone.</summary>
    internal static DefectRow Run(DialectDefect defect, Dialect with, Dialect without) =>
        Run(All.First(d => d.Defect == defect), with, without);

    private static DefectRow Run(Demonstration shown, Dialect with, Dialect without) => new(
        shown.Defect.Item, shown.Defect.Name, shown.Defect.Description, shown.Sequence,
        shown.Run(with), shown.Run(without));

    private static Dialect Make(string name, IReadOnlyList<DialectDefect> defects) =>
        DialectList.TryCreate(
            name, new DialectOptions { Defects = defects }, out Dialect? dialect, out string? e)
            ? dialect
            : throw new InvalidOperationException(e);

    /// <summary>Replies with those handles for nodeid 5; what iget made of each.</summary>
    private static string IGets(
        Dialect dialect, HandleStrategy strategy, params byte[][] handles)
    {
        using FuseInodeCache cache = new(new()
        {
            Strategy = strategy,
            HandleRule = HandleRule.Of(dialect),
        });
        List<string> outcomes = [];
        foreach (byte[] bytes in handles)
        {
            FileHandle handle = bytes.Length == 0 ? default : new FileHandle(1, bytes);
            outcomes.Add(OutcomeText(cache.IGet(5, 0, FileModes.Regular, handle).Outcome));
        }

        cache.Unmount();
        return string.Join("; ", outcomes);
    }

    private static string OutcomeText(IGetOutcome outcome) => outcome switch
    {
        IGetOutcome.New => "a new inode",
        IGetOutcome.Hit => "the cached inode",
        IGetOutcome.Replaced => "the cached inode is made bad",
        IGetOutcome.Rebound => "the cached inode, by another nodeid",
        IGetOutcome.HandleRefused => "EIO: handle refused",
        _ => "the root is made bad",
    };

    /// <summary>A handle whose last byte alone tells it from others.</summary>
    private static byte[] Bytes(int length, byte last)
    {
        byte[] bytes = new byte[length];
        bytes[^1] = last;
        return bytes;
    }

    private static string Offered(Dialect dialect)
    {
        fuse_init_in init = default;
        HandleOffer.Offer(ref init, dialect);
        return HandleOffer.IsOffered(init, dialect)
            ? $"bit {Bit(dialect)} is offered"
            : $"bit {Bit(dialect)} is not offered: handles stay off";
    }

    private static int Bit(Dialect dialect) =>
        BitOperations.TrailingZeroCount((ulong)dialect.InitFlag);

    private static string AttributesValid(Dialect dialect)
    {
        fuse_entry_out entry = DialectMessages.EntryOf(5);
        entry.entry_valid = 60;
        byte[] room = new byte[2048];
        bool written = dialect.TryWriteEntryReply(
            room, FuseOpcode.FUSE_LOOKUP, 2, entry, 1, Bytes(8, 1), [], out int bytes);
        if (!written || !FuseReply.TryParse(room.AsSpan(0, bytes), out FuseReply reply, out _))
            return "the reply is not to be written";
        WireError error = dialect.ReadEntryReply(
            FuseOpcode.FUSE_LOOKUP, reply, out WireEntry read, out _);
        return error.IsError
            ? error.ToString()
            : $"attributes are believed for {read.Entry.attr_valid} s";
    }

    private static string Exported(Dialect dialect)
    {
        NodeExport export = dialect.Export;
        byte[] fid = new byte[FuseConstants.MAX_HANDLE_SZ];
        ExportedNode node = new(5, 1, new FileHandle(1, Bytes(12, 5)));
        ExportedNode parent = new(4, 1, new FileHandle(1, Bytes(12, 4)));
        if (!export.TryWrite(fid, node, true, parent, out int type, out int written))
            return "cannot be encoded";
        bool read = export.TryRead(
            fid.AsSpan(0, written), type, out ExportedNode child, out ExportedNode above);
        bool same = read && child.NodeId == 5 && above.NodeId == 4
            && child.Handle.Bytes.SequenceEqual(node.Handle.Bytes)
            && above.Handle.Bytes.SequenceEqual(parent.Handle.Bytes);
        return same
            ? "node and parent come back"
            : read ? "another node or parent comes back" : "what was encoded does not decode";
    }

    /// <summary>A handle too long, twice, in the modelled world of restarts.</summary>
    private static string LookedUpTwice(Dialect dialect)
    {
        const int Agreed = 24;
        WorldOptions options = new()
        {
            Dialect = dialect,
            NodeIds = NodeIdPolicy.InodeNumber,
            HandleBytes = 40,
            AgreedHandleBytes = Agreed,
            Strategy = HandleStrategy.PointerMax(Agreed),
        };
        WorldStep lookup = WorldStep.Parse("lookup d");
        WorldTally tally = WorldRun.Replay(options, [lookup, lookup]);
        return $"{tally.Refused} refused, {tally.Hung} never ends";
    }

    /// <summary>A LOOKUP whose attributes cannot be had.</summary>
    private static string LookedUpWithoutAttributes(Dialect dialect)
    {
        using RestartWorld world = new(new WorldOptions { Dialect = dialect });
        world.Plant("d", isDirectory: true);
        world.Do(WorldStep.Parse("statx-fails"));
        world.Do(WorldStep.Parse("lookup d"));
        return world.Unbalanced() ?? "the lookup is forgotten";
    }

    /// <summary>Item 7: so in every dialect, since the root is made before any reply.</summary>
    internal static DefectRow RootWithoutHandle()
    {
        static string Find(bool lookedUp)
        {
            using FuseInodeCache cache = new(new() { IndexByHandle = true });
            cache.MountRoot(FileModes.Directory);
            FileHandle handle = new(1, Bytes(8, 1));
            if (lookedUp)
                cache.IGet(FuseInodeCache.RootNodeId, 0, FileModes.Directory, handle);
            bool found = cache.FindByHandle(handle) == cache.Root;
            cache.Unmount();
            return found ? "the root is found by its handle" : "the root is not found: ESTALE";
        }

        return new DefectRow(
            7, "root-has-no-handle", "the root is made at mount, before any reply",
            "mount; find the root by handle (with it right: after a reply named the root)",
            Find(lookedUp: false), Find(lookedUp: true));
    }

    /// <summary>Item 9: a number that others claim, too; none where there is no rival.</summary>
    internal static IEnumerable<DefectRow> ContestedNumbers(Dialect dialect, string name)
    {
        List<string> rivals = [.. NumberClaim.RivalsOf(dialect).Select(
            c => $"{(c.Kind == NumberKind.InitBit ? "bit" : "opcode")} {c.Number} is "
                + $"{c.Use} in {c.Claimant}{(c.IsMerged ? " (merged)" : "")}")];
        return rivals.Count == 0
            ? []
            :
            [
                new DefectRow(
                    9, $"{name}-contested-numbers", "a number that others claim, too",
                    "compare the claims", string.Join("; ", rivals), "no rival"),
            ];
    }
}
