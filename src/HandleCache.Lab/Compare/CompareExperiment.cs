using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mixes;
using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Abi;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Lab.Compare;

/// <summary>
/// Dialects side by side for a mix of handles. What a dialect does is asked of the dialect: its
/// codecs write the messages that are counted.
/// </summary>
public static class CompareExperiment
{
    /// <summary>A page, and what a READDIRPLUS of a recent kernel may ask for.</summary>
    private static readonly int[] Buffers = [4096, 131072];

    /// <exception cref="BadInputException">Unknown names, a number out of range.</exception>
    public static CompareResult Run(
        CompareRequest request, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.DirectoryNames is < 1 or > 10_000_000)
            throw new BadInputException($"{request.DirectoryNames} names: not 1..10000000");
        if (request.NameBytes is < 1 or > 255)
            throw new BadInputException($"names of {request.NameBytes} bytes: not 1..255");
        if (request.StatFiles < 1)
            throw new BadInputException($"{request.StatFiles} files: not 1 or more");
        HandleMix mix = FileSystemMixes.Choose(request.FileSystem, request.HandlesFile, false);
        KernelProfile kernel = KernelProfiles.Load(request.Kernel, request.Btf, request.Cpus);
        List<Candidate> candidates =
        [
            .. request.Dialects.DistinctBy(dialect => dialect.Name)
                .Select(d => new Candidate(d, DialectStorage.Of(d))),
        ];
        List<DialectRow> rows = [.. RowsOf(request, mix, kernel, candidates, cancel)];
        return new CompareResult(
            mix, kernel, rows,
            ThreadQuestions.Answer(
                mix, kernel, new HandleDesign(HandleStrategy.None),
                [.. candidates.Select(c => c.Dialect)], rows),
            DefectDemonstrations.RunAll());
    }

    /// <summary>The figures of each candidate, in their order.</summary>
    internal static IEnumerable<DialectRow> RowsOf(
        CompareRequest request, HandleMix mix, KernelProfile kernel,
        IEnumerable<Candidate> candidates, CancellationToken cancel) =>
        candidates.Select(c => RowOf(request, mix, kernel, c, cancel));

    private static DialectRow RowOf(
        CompareRequest request, HandleMix mix, KernelProfile kernel, Candidate candidate,
        CancellationToken cancel)
    {
        (Dialect dialect, HandleDesign design) = candidate;
        InodeCostModel today = new(kernel, default);
        InodeCostModel storage = new(kernel, design);
        double delta = mix.Mean(length => storage.CostOf(length).TotalBytes)
            - today.CostOf(0).TotalBytes;
        bool parent = dialect.RequestBrings(FuseOpcode.FUSE_LOOKUP);
        bool found = dialect.ReplyBrings(FuseOpcode.FUSE_LOOKUP);
        long lookups = (long)request.StatFiles * dialect.RequestsPerLookup;
        List<ListingRow> listings = [.. Buffers.Select(b => Listing(request, mix, dialect, b))];
        int firstBuffer = listings[0].EntriesPerBuffer;
        return new DialectRow
        {
            Name = dialect.Name,
            CarriesHandles = dialect.CarriesHandles,
            MaxHandleBytes = dialect.MaxHandleBytes,
            Operations = [.. DialectMessages.EntryOperations.Select(
                opcode => Operation(request, mix, dialect, opcode))],
            Listings = listings,
            Storage = design.Strategy.ToString(),
            StorageDeltaBytes = Math.Abs(delta) < 1e-9 ? 0 : delta,
            AllocationsPerLookup = mix.Mean(length => storage.AllocationsOf(length)),
            CopiesPerLookup = (parent ? 1 : 0) + (found ? 2 : 0),
            Restart = RestartFigures.Of(dialect, cancel),
            ColdStatRequests = lookups,
            ExpiredStatRequests = lookups,
            WarmStatRequests = 0,
            FindRequests = 3 + DialectMessages.PlainRoundTrips(
                request.DirectoryNames - firstBuffer, request.NameBytes, Buffers[0]),
        };
    }

    private static OperationRow Operation(
        CompareRequest request, HandleMix mix, Dialect dialect, FuseOpcode opcode)
    {
        bool records = opcode == FuseOpcode.FUSE_READDIRPLUS;
        int OneReply(uint type, int bytes) => records
            ? DialectMessages.Record(dialect, type, bytes, request.NameBytes)
            : DialectMessages.Reply(dialect, opcode, type, bytes);
        if (dialect.Lacks(opcode))
            return new OperationRow(opcode, false, false, 0, 0, 0);
        double extra = Mean(mix, (type, bytes) => DialectMessages.RequestExtra(
            dialect, opcode, type, bytes, request.NameBytes));
        return new OperationRow(
            opcode,
            dialect.ReplyBrings(opcode),
            dialect.RequestBrings(opcode),
            Mean(mix, OneReply),
            OneReply(1, dialect.MaxHandleBytes),
            extra);
    }

    private static ListingRow Listing(
        CompareRequest request, HandleMix mix, Dialect dialect, int bufferBytes)
    {
        (int perBuffer, int trips, long bytes) = DialectMessages.List(
            dialect, mix, request.DirectoryNames, request.NameBytes, bufferBytes);
        long attributes = dialect.ListsWithoutAttributes ? request.DirectoryNames : 0;
        bool missing = !dialect.ReplyBrings(FuseOpcode.FUSE_READDIRPLUS);
        return new ListingRow(
            bufferBytes, perBuffer, trips, bytes, trips + 2 + attributes,
            missing ? request.DirectoryNames : 0);
    }

    private static double Mean(HandleMix mix, Func<uint, int, int> ofHandle) =>
        mix.Lengths.Sum(row => row.Share * ofHandle(row.Type, row.Bytes));
}
