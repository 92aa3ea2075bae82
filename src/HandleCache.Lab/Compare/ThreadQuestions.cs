using HandleCache.Lab.Sweep;
using HandleCache.Model;
using HandleCache.Model.Handles;
using HandleCache.Model.Inodes;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;
using HandleCache.Protocol.Handles;
using HandleCache.Protocol.Uapi;
using HandleCache.Protocol.Wire;

namespace HandleCache.Lab.Compare;

/// <summary>The requirements of the thread, each answered by a figure or by running it.</summary>
internal static class ThreadQuestions
{
    private const int FanotifyInline = 12;

    /// <param name="mix">Handles.</param>
    /// <param name="kernel">Whose memory is reckoned with.</param>
    /// <param name="terms">Header, place, index and accounting that T1 is answered for.</param>
    /// <param name="dialects">What speaks.</param>
    /// <param name="rows">Their figures.</param>
    public static IReadOnlyList<QuestionRow> Answer(
        HandleMix mix, KernelProfile kernel, HandleDesign terms, IReadOnlyList<Dialect> dialects,
        IReadOnlyList<DialectRow> rows)
    {
        SweepRequest request = new()
        {
            Strategies = SweepExperiment.AllStrategies(mix),
            Header = terms.Header,
            Placement = terms.Placement,
            Index = terms.Index,
            SpillType = terms.SpillType,
        };
        SweepResult sweep = SweepExperiment.Run(request, mix, kernel);
        SweepRow inline = RowOf(sweep, HandleStrategy.Inline(FanotifyInline));
        SweepRow fixed128 = RowOf(sweep, HandleStrategy.Static(HandleStrategy.MaxHandleBytes));
        double refused = mix.ShareOf(
            HandleStrategy.InlineOnly(FanotifyInline), HandleStorage.Refused);
        return
        [
            new("T1", "Is a short inline handle enough?",
                $"inline:12 holds {Percent(1 - inline.SpilledShare)} of the mix inline, costs "
                + $"{inline.DeltaBytes:+0.00;-0.00;0} per inode{With(terms.Index)}; "
                + $"best {sweep.Best.Strategy}, {sweep.Best.DeltaBytes:+0.00;-0.00;0}; static:128 "
                + $"{fixed128.DeltaBytes:+0.00;-0.00;0}", ProfileSource.Derived),
            new("T2", "May a handle change while the inode lives?",
                $"second LOOKUP of nodeid 5 with another handle: {Second(1, 8, 1, 8)}; of "
                + $"another length: {Second(1, 8, 1, 12)}", ProfileSource.Derived),
            new("T3", "Does the type matter?", TypeMatters(dialects), ProfileSource.Derived),
            new("T4", "Which lengths are taken?", Each(dialects, d => d.CarriesHandles
                ? $"0..{Longest(d)}" : "none"), ProfileSource.Derived),
            new("T5", "What does a server pay that did not opt in?", Each(dialects, NotOptedIn),
                ProfileSource.Derived),
            new("T6", "How much does the kernel reserve for a LOOKUP reply?",
                Each(dialects, d => $"{Reserved(d)} bytes"),
                ProfileSource.Derived),
            new("T7", "Which of the 8 operations return the handle?", Each(
                dialects, ReturningOperations), ProfileSource.Derived),
            new("T8", "Stale parent after a restart: which file does LOOKUP(a, f) reach?",
                Each(dialects, d => RestartedServer.LookupAcrossRestart(
                    d, d.RequestBrings(FuseOpcode.FUSE_LOOKUP))), ProfileSource.Derived),
            new("T9", "A later server with another maximum or encoding?",
                Each(dialects, OtherAnswer), ProfileSource.Derived),
            new("T10", "A first version with inline handles only?",
                $"inline-only:12 refuses {Percent(refused)} of the mix", ProfileSource.Derived),
            new("T11", "What does a restart cost and recover?",
                Each(dialects, d => RestartText(rows.First(r => r.Name == d.Name).Restart)),
                ProfileSource.Derived),
        ];
    }

    /// <summary>What iget makes of a second reply for one nodeid.</summary>
    private static string Second(
        uint type, int bytes, uint thenType, int thenBytes, bool sameBytes = false)
    {
        using FuseInodeCache cache = new(new());
        byte[] first = new byte[bytes];
        byte[] then = new byte[thenBytes];
        then[^1] = (byte)(sameBytes ? 0 : 1);
        cache.IGet(5, 0, FileModes.Regular, new FileHandle(type, first));
        IGetOutcome outcome = cache.IGet(
            5, 0, FileModes.Regular, new FileHandle(thenType, then)).Outcome;
        cache.Unmount();
        return outcome == IGetOutcome.Replaced ? "another inode" : "the same inode";
    }

    private static string With(HandleIndex index) =>
        index.Kind == HandleIndexKind.None ? "" : $" with {index}";

    private static string TypeMatters(IReadOnlyList<Dialect> dialects)
    {
        bool IsTypeless(Dialect dialect) =>
            dialect.CarriesHandles && !dialect.CarriesHandleType(1);

        if (!dialects.Any(d => d.CarriesHandles))
            return "no handle is sent";
        if (dialects.All(d => !d.CarriesHandles || IsTypeless(d)))
            return $"no type is sent in {Names(dialects, IsTypeless)}";
        string without = dialects.Any(IsTypeless)
            ? $"; none is sent in {Names(dialects, IsTypeless)}"
            : "";
        return $"same bytes, type 1, then 2: {Second(1, 8, 2, 8, sameBytes: true)}; type 0x30081 "
            + $"survives in {Names(dialects, KeepsType)}{without}";
    }

    private static bool KeepsType(Dialect dialect)
    {
        if (!dialect.CarriesHandles)
            return false;
        const uint Type = 0x30081;
        byte[] room = new byte[2048];
        return dialect.TryWriteEntryReply(
                room, FuseOpcode.FUSE_LOOKUP, 2, DialectMessages.EntryOf(5), Type, new byte[12],
                [], out int bytes)
            && FuseReply.TryParse(room.AsSpan(0, bytes), out FuseReply reply, out _)
            && !dialect.ReadEntryReply(
                FuseOpcode.FUSE_LOOKUP, reply, out WireEntry entry, out _).IsError
            && entry.Handle.Type == Type;
    }

    /// <summary>The longest handle whose reply the codec writes.</summary>
    private static int Longest(Dialect dialect)
    {
        byte[] room = new byte[4096];
        int longest = 0;
        for (int length = 1; length <= HandleStrategy.MaxHandleBytes + 4; length++)
        {
            bool written = dialect.TryWriteEntryReply(
                room, FuseOpcode.FUSE_LOOKUP, 2, DialectMessages.EntryOf(5), 1,
                new byte[length], [], out _);
            longest = written ? length : longest;
        }

        return longest;
    }

    private static string RestartText(RestartFigures restart) =>
        $"{Percent(restart.RecoveredShare)} recovered, {restart.WrongObject} wrong, "
        + $"{restart.RequestsToFirstUse} requests to a first use";

    private static int Reserved(Dialect dialect) => DialectMessages.Reply(
        dialect, FuseOpcode.FUSE_LOOKUP, 1, dialect.MaxHandleBytes);

    private static string NotOptedIn(Dialect dialect)
    {
        if (dialect.OptIn == HandleOptIn.FileSystemType)
            return "a file system type of its own";
        HandleNegotiation negotiation = new(dialect);
        fuse_init_in init = default;
        negotiation.Offer(ref init);
        negotiation.Answer(default);
        Dialect spoken = negotiation.Agreement.Dialect;
        return spoken == Dialect.Classic ? "nothing (classic)" : $"still {spoken.Name}";
    }

    private static string ReturningOperations(Dialect dialect)
    {
        List<FuseOpcode> without =
            [.. DialectMessages.EntryOperations.Where(o => !dialect.ReplyBrings(o))];
        int all = DialectMessages.EntryOperations.Count;
        return without.Count == 0
            ? "all"
            : $"{all - without.Count} of {all}";
    }

    private static string OtherAnswer(Dialect dialect)
    {
        if (dialect.OptIn is HandleOptIn.None or HandleOptIn.FileSystemType)
            return "nothing to negotiate";
        HandleNegotiation negotiation = new(dialect);
        bool Answer(int maximum, bool optsIn)
        {
            fuse_init_in init = default;
            negotiation.Offer(ref init);
            fuse_init_out answer = default;
            if (optsIn)
                HandleOffer.Accept(ref answer, dialect, maximum);
            return negotiation.Answer(answer);
        }

        bool first = Answer(64, optsIn: true);
        bool again = Answer(64, optsIn: true);
        bool other = Answer(128, optsIn: dialect.OptIn == HandleOptIn.InitBitAndMaximum);
        return first && again && !other ? "refused" : "taken";
    }

    private static SweepRow RowOf(SweepResult sweep, HandleStrategy strategy) =>
        sweep.Rows.First(row => row.Strategy == strategy);

    private static string Each(IReadOnlyList<Dialect> dialects, Func<Dialect, string> tell) =>
        string.Join("; ", dialects.Select(d => (d.Name, Said: tell(d)))
            .GroupBy(row => row.Said, StringComparer.Ordinal)
            .Select(g => $"{string.Join(", ", g.Select(row => row.Name))}: {g.Key}"));

    private static string Names(IReadOnlyList<Dialect> dialects, Func<Dialect, bool> holds)
    {
        string[] names = [.. dialects.Where(holds).Select(d => d.Name)];
        return names.Length == 0 ? "none" : string.Join(", ", names);
    }

    private static string Percent(double share) => $"{100 * share:0.##}%";
}
