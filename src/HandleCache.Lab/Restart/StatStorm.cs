using System.Globalization;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Validate;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;

namespace HandleCache.Lab.Restart;

/// <summary>What the keeper costs, for a number of threads: medians of all slices.</summary>
/// <param name="Threads">Threads that call stat at once.</param>
/// <param name="PlainMicroseconds">Time a call, the server alone.</param>
/// <param name="KeptMicroseconds">The same with the keeper.</param>
/// <param name="AddedPercent">Time that the keeper adds, by pairs of slices, percent.</param>
/// <param name="LeastAddedPercent">Lower end of its 95 % interval, by the sign test.</param>
/// <param name="MostAddedPercent">Upper end.</param>
public sealed record StatStormRow(
    int Threads, double PlainMicroseconds, double KeptMicroseconds, double AddedPercent,
    double LeastAddedPercent, double MostAddedPercent);

/// <summary>Rows, and how they were made.</summary>
public sealed record StatStormResult(
    string Kernel, int Cpus, int Files, int Runs, int Rounds, double SecondsPerSlice,
    IReadOnlyList<StatStormRow> Rows)
{
    /// <summary>The most the keeper may add in the median of all slices, percent.</summary>
    public const double BarPercent = 10;

    public bool Holds => Rows.Count > 0 && Rows.All(row => row.AddedPercent <= BarPercent);
}

/// <summary>
/// stat(2) of files that the kernel may believe for no time at all, so that each call asks the
/// server; the same server with and without a keeper, by turns. Both are processes of their own,
/// the client is a third. Where the scheduler puts the three lasts for as long as they live and
/// costs more than the keeper does: the runs start all of them anew.
/// </summary>
public static class StatStorm
{
    private const int Files = 200;
    private const int Runs = 5;
    private const int Rounds = 9;
    private static readonly int[] Threads = [1, 2, 4];

    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    public static StatStormResult Run(
        RestartOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(options);
        MountPlaces.RequireHandles(options.Dialect);
        List<(double Plain, double Kept)>[] times = [.. Threads.Select(_ =>
            new List<(double Plain, double Kept)>())];
        for (int run = 1; run <= Runs; run++)
        {
            RunOnce(options, times, cancel);
            progress($"run {run} of {Runs} measured");
        }

        return new StatStormResult(
            KernelRelease.Read(), Environment.ProcessorCount, Files, Runs, Rounds,
            options.StormSeconds,
            [.. Threads.Select((threads, i) => RowOf(threads, times[i]))]);
    }

    internal static StatStormRow RowOf(
        int threads, IReadOnlyList<(double Plain, double Kept)> pairs)
    {
        RatioEstimate ratio = RatioEstimate.Of([.. pairs.Select(pair => pair.Kept / pair.Plain)]);
        return new StatStormRow(
            threads, Median(pairs.Select(pair => pair.Plain)),
            Median(pairs.Select(pair => pair.Kept)), Added(ratio.Median), Added(ratio.Low),
            Added(ratio.High));
    }

    private static double Added(double ratio) => (ratio * 100) - 100;

    /// <summary>Adds the pairs of each number of threads: new mounts, new servers.</summary>
    private static void RunOnce(
        RestartOptions options, List<(double Plain, double Kept)>[] times,
        CancellationToken cancel)
    {
        using RestartFolders plain = new(options.On);
        using RestartFolders kept = new(options.On);
        MountOptions plainOptions = Prepare(plain) with { Driver = options.Driver };
        MountOptions keptOptions = Prepare(kept) with
        {
            Driver = options.Driver,
            Dialect = options.Dialect,
            DialectName = options.DialectName,
            Keep = true,
        };
        MountPlaces.Check(keptOptions);
        using NamespaceThread home = new();
        using PassthroughFileSystem served =
            MountPlaces.Serve(plainOptions, MountPlaces.PassthroughOf(plainOptions));
        using ServedMount plainMount = ServedMount.Start(
            home, plain.Mount, served, plainOptions.Session,
            plainOptions.Settings, null);
        using KeptMount keptMount = KeptMount.Start(home, keptOptions, static _ => { });
        for (int i = 0; i < Threads.Length; i++)
        {
            times[i].AddRange(Pairs(
                home, plain.Mount, kept.Mount, Threads[i], Rounds, options.StormSeconds, cancel));
        }
    }

    /// <summary>Makes the files; what a mount of them is made with.</summary>
    internal static MountOptions Prepare(RestartFolders folders)
    {
        for (int i = 0; i < Files; i++)
            File.WriteAllBytes(Path.Combine(folders.Source, $"f{i}"), [1]);
        return new MountOptions
        {
            Source = folders.Source,
            MountPoint = folders.Mount,
            TimeoutSeconds = 0,
        };
    }

    /// <summary>
    /// Microseconds a call, over all threads together, on two mounts by turns; one more pair before
    /// these warms both servers up.
    /// </summary>
    internal static IEnumerable<(double First, double Second)> Pairs(
        NamespaceThread home, string first, string second, int threads, int rounds, double seconds,
        CancellationToken cancel)
    {
        using ClientProcess client = home.Invoke(() => ClientProcess.Start(
            first, second, "storm", "0",
            "--files", Files.ToString(CultureInfo.InvariantCulture),
            "--threads", threads.ToString(CultureInfo.InvariantCulture),
            "--rounds", (rounds + 1).ToString(CultureInfo.InvariantCulture),
            "--seconds", ClientProcess.Text(seconds)));
        TimeSpan patience = TimeSpan.FromSeconds((2 * (rounds + 1) * seconds) + 30);
        string text = client.Finish(patience, cancel)
            ?? throw new IOException("the client of the stat storm failed");
        return [.. text.Split('\n').Skip(1).Select(line =>
        {
            double[] perSecond = [.. line.Split(' ').Select(part =>
                double.Parse(part, CultureInfo.InvariantCulture))];
            return (1e6 / perSecond[0], 1e6 / perSecond[1]);
        })];
    }

    private static double Median(IEnumerable<double> values) =>
        RatioEstimate.MedianOf([.. values.Order()]);
}
