using HandleCache.Bars.Table;
using HandleCache.Model.Mixes;

namespace HandleCache.Bars.Model;

/// <summary>The bars of the model, measured: <c>perf/parts/model</c>.</summary>
internal sealed class ModelPart(string mode, string peerPath)
{
    private const int Large = 10_000_000;
    private const int Huge = 100_000_000;
    private const string MixPath = "models/filesystems/ext4.json";
    private const double TimesDictionary = 3;
    private const double TimesC = 1 / 1.2;
    private const double MostGiB = 9;
    private const double LeastPerSecond = 5e6;
    private const double MostPauseMs = 50;
    private const double LeastScaling = 1.7;

    /// <summary>
    /// Records in a bucket of two: as many as keep four of five in it, and as many as make a record
    /// cost what one of the model's does.
    /// </summary>
    private const double Loose = 1.6;
    private const double Dense = 3;

    private readonly bool _full = mode == "full";
    private readonly List<ResultRow> _rows = [];

    public ResultFile Measure(Machine machine)
    {
        (uint type, int bytes) = Ext4();
        var work = new Work(Large, _full ? 10_000_000 : 5_000_000, type, bytes);
        using (var peer = new CPeer(peerPath, work))
        {
            double latencyNs = peer.LatencyNs();
            CompareAt(work, peer, latencyNs);
            MeasureScale(type, bytes, latencyNs);
        }

        MeasureTwoCores(new Work(Large / 2, 5_000_000, type, bytes));
        return new()
        {
            Title = "The model, 10 million inodes with ext4 handles",
            Order = 10,
            Command = $"perf/run {mode} model",
            Mode = mode,
            Date = DateTimeOffset.UtcNow,
            Machine = machine,
            Notes =
            [
                "Medians of alternating rounds in one run, processor time of one thread.",
                "Dictionary is `Dictionary<ulong, class with byte[] handle>`;"
                    + " C is `perf/peers/inodes.c`, open addressing with records in the table;"
                    + " buckets of N is `BucketedTable`, linear hashing with two records in a"
                    + " cache line, N of them in the mean and the others chained: what the model's"
                    + " table would be with its records in its index, without anything that could"
                    + " hold an index of a record.",
            ],
            Rows = _rows,
        };
    }

    private static (uint Type, int Bytes) Ext4()
    {
        if (!HandleMixJson.TryParse(
            File.ReadAllBytes(MixPath), out HandleMix? mix, out string? error))
        {
            throw new FormatException($"{MixPath}: {error}");
        }

        HandleShare only = mix!.Lengths.Single();
        return (only.Type, only.Bytes);
    }

    private void CompareAt(Work work, CPeer peer, double latencyNs)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        using var cache = new CacheContender(work);
        double[] fill = [cache.Fill(), 0, peer.Fill()];
        long between = GC.GetTotalMemory(forceFullCollection: true);
        var dictionary = new DictionaryContender(work);
        fill[1] = dictionary.Fill();
        long after = GC.GetTotalMemory(forceFullCollection: true);
        double cacheBytes = (double)(between - before) / work.Inodes;
        double dictionaryBytes = (double)(after - between) / work.Inodes;
        var loose = new BucketedContender(work, Loose);
        var dense = new BucketedContender(work, Dense);
        double[] bucketedFill = [loose.Fill(), dense.Fill()];
        double peerBytes = peer.BytesPerInode();
        Progress("filled");

        int rounds = _full ? 7 : 3;
        double[] hit = Rounds.Medians(
            rounds,
            () => cache.Hit(inFlight: true), () => dictionary.Hit(inFlight: false),
            () => peer.Hit(inFlight: true), () => cache.Hit(inFlight: false),
            () => peer.Hit(inFlight: false), cache.HitWithMoreInstructions,
            () => Window.Alone(work), () => loose.Hit(inFlight: false),
            () => dense.Hit(inFlight: false));
        Progress("hits measured");
        double[] forget = Rounds.Medians(
            rounds,
            () => cache.Forget(inFlight: true), () => dictionary.Forget(inFlight: false),
            () => peer.Forget(inFlight: true), () => cache.Forget(inFlight: false),
            () => peer.Forget(inFlight: false), () => loose.Forget(inFlight: false),
            () => dense.Forget(inFlight: false));
        Progress("forgets measured");

        Compare("iget hit", hit, hit[7..], Window.Cause(hit[3], hit[5], hit[6], latencyNs));
        Compare(
            "forget", forget, forget[5..],
            "two reads, the index's and then the record's, where C has one.");
        Bar("iget of a new inode, growing from nothing", "ns", fill[0],
            [new("Dictionary", fill[1]), new("C", fill[2]), .. Bucketed(bucketedFill)],
            "Dictionary / HandleCache >= 1", fill[1] / fill[0], atLeast: 1,
            "memory that is touched for the first time, and the index's growth.");
        Bar("memory per inode", "bytes", cacheBytes,
            [
                new("Dictionary", dictionaryBytes), new("C", peerBytes),
                .. Bucketed(
                    (double)loose.MemoryBytes / work.Inodes,
                    (double)dense.MemoryBytes / work.Inodes),
            ],
            "Dictionary / HandleCache >= 3", dictionaryBytes / cacheBytes, atLeast: 3,
            "32 bytes of record and 5 to 11 of index.");
        Bar("allocated per operation, steady state", "bytes", cache.AllocatedPerOperation(), [],
            "0", null, atLeast: null, "an index that grows, see MemoryTests.");
    }

    /// <summary>Records in the index's buckets, at two loads.</summary>
    private static IEnumerable<Peer> Bucketed(params double[] figures) =>
    [
        new(FormattableString.Invariant($"buckets of {Loose}"), figures[0]),
        new(FormattableString.Invariant($"buckets of {Dense}"), figures[1]),
    ];

    private void Compare(string what, double[] medians, double[] bucketed, string cause)
    {
        Bar($"{what}, 128 in flight", "ns", medians[0], [new("Dictionary", medians[1])],
            "Dictionary / HandleCache >= 3", medians[1] / medians[0], TimesDictionary,
            "the time is that of two cache lines from memory, index and record, in flight.");
        Bar($"{what}, 128 in flight, against C with prefetch", "ns", medians[0],
            [new("C", medians[2])],
            "C / HandleCache >= 1/1.2", medians[2] / medians[0], TimesC,
            "a line of the index and one of the record, where C's table has only its own; and a "
                + "plain read stands here for C's prefetch instruction.");
        Bar($"{what}, one after another", "ns", medians[3],
            [new("Dictionary", medians[1]), new("C", medians[4]), .. Bucketed(bucketed)],
            "C / HandleCache >= 1/1.2", medians[4] / medians[3], TimesC,
            cause);
    }

    private void MeasureScale(uint type, int bytes, double latencyNs)
    {
        Scale scale = Scale.Measure(Huge, type, bytes);
        Progress("100 million inodes measured");
        Bar("100 million inodes: most resident memory", "GiB", scale.PeakGiB, [],
            "<= 9", null, null,
            "memory per inode times 100 million.", scale.PeakGiB <= MostGiB);
        Row("100 million inodes: memory per inode", "bytes", scale.BytesPerInode, []);
        Bar("100 million inodes: random igets, 128 in flight", "million/s",
            scale.InFlightPerSecond / 1e6, [], ">= 5", null, null,
            "memory latency.", scale.InFlightPerSecond >= LeastPerSecond);
        Row("100 million inodes: random igets, one after another", "million/s",
            scale.OneByOnePerSecond / 1e6, []);
        Row("a random read from memory that waits for the one before, on this machine", "ns",
            latencyNs, []);
        Bar("growing to 100 million inodes: longest single iget", "ms", scale.LongestPauseMs, [],
            "<= 50", null, null,
            "memory that the host had to find first; elapsed time without the waits for a core.",
            scale.LongestPauseMs <= MostPauseMs);
    }

    private void MeasureTwoCores(Work half)
    {
        int rounds = _full ? 25 : 9;
        using var cores = new TwoCores(half);
        (double one, double two) = cores.Igets(rounds);
        double reads = cores.RandomReads(rounds);
        double arithmetic = TwoCores.Arithmetic(rounds);
        Bar("igets on 2 cores, a half of the inodes each", "million/s", two,
            [new("1 core", one)], ">= 1.7 times", two / one, LeastScaling,
            arithmetic < LeastScaling
                ? "not to be judged by this run: other programs held the cores, so that arithmetic "
                    + "in registers (two rows below) did not scale either."
                : "both cores share the way to memory: the next row is what plain reads give.");
        Row("2 cores against 1, independent random reads in a loop", "times", reads, []);
        Row("2 cores against 1, arithmetic in registers", "times", arithmetic, []);
    }

    private void Row(string name, string unit, double value, Peer[] peers) =>
        _rows.Add(new() { Name = name, Unit = unit, Value = value, Peers = peers });

    private void Bar(
        string name, string unit, double value, Peer[] peers, string bar, double? figure,
        double? atLeast, string cause, bool? met = null)
    {
        bool holds = met ?? (atLeast is null ? value == 0 : figure >= atLeast);
        _rows.Add(new()
        {
            Name = name,
            Unit = unit,
            Value = value,
            Peers = peers,
            Bar = bar,
            Figure = figure,
            Met = holds,
            Note = holds ? null : cause,
        });
    }

    private static void Progress(string what) => Console.Error.WriteLine($"model: {what}");
}
