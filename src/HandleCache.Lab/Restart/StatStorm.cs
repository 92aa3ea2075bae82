using System.Globalization;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Validate;
using HandleCache.Server.Mounting;
using HandleCache.Server.Passthrough;

namespace HandleCache.Lab.Restart;

/// <summary>What the keeper costs, for a number of threads.</summary>
/// <param name="Threads">Threads that call stat at once.</param>
/// <param name="PlainMicroseconds">Time a call, the server alone; median of the rounds.</param>
/// <param name="KeptMicroseconds">The same with the keeper.</param>
public sealed record StatStormRow(
    int Threads, double PlainMicroseconds, double KeptMicroseconds)
{
    /// <summary>Time that the keeper adds, percent.</summary>
    public double AddedPercent => (KeptMicroseconds / PlainMicroseconds * 100) - 100;
}

/// <summary>Rows, and how they were made.</summary>
public sealed record StatStormResult(
    string Kernel, int Cpus, int Files, int Rounds, double SecondsPerRound,
    IReadOnlyList<StatStormRow> Rows)
{
    /// <summary>The most the keeper may add, percent.</summary>
    public const double BarPercent = 40;

    public bool Holds => Rows.Count > 0 && Rows.All(row => row.AddedPercent <= BarPercent);
}

/// <summary>
/// stat(2) of files that the kernel may believe for no time at all, so that each call asks the
/// server; the same server with and without a keeper, by turns, in one run. Both are processes of
/// their own, the client is a third.
/// </summary>
public static class StatStorm
{
    private const int Files = 200;
    private const int Rounds = 5;
    private static readonly int[] Threads = [1, 2, 4];

    /// <exception cref="MissingRequirementException">No /dev/fuse, or no rights.</exception>
    public static StatStormResult Run(
        RestartOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(progress);
        ArgumentNullException.ThrowIfNull(options);
        MountPlaces.RequireHandles(options.Dialect);
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
        List<StatStormRow> rows = [];
        foreach (int threads in Threads)
        {
            List<double> plainTimes = [];
            List<double> keptTimes = [];
            for (int round = 0; round <= Rounds; round++)
            {
                cancel.ThrowIfCancellationRequested();
                double first = Measure(
                    home, plain.Mount, threads, options.StormSeconds, cancel);
                double second = Measure(
                    home, kept.Mount, threads, options.StormSeconds, cancel);

                // The first round warms both servers up.
                if (round == 0)
                    continue;
                plainTimes.Add(first);
                keptTimes.Add(second);
            }

            rows.Add(new StatStormRow(threads, Median(plainTimes), Median(keptTimes)));
            progress($"{threads} threads measured");
        }

        return new StatStormResult(
            KernelRelease.Read(), Environment.ProcessorCount, Files, Rounds,
            options.StormSeconds, rows);
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

    /// <summary>Microseconds a call, over all threads together.</summary>
    internal static double Measure(
        NamespaceThread home, string mount, int threads, double seconds,
        CancellationToken cancel)
    {
        using ClientProcess client = home.Invoke(() => ClientProcess.Start(
            mount, "", "storm", "0",
            "--files", Files.ToString(CultureInfo.InvariantCulture),
            "--threads", threads.ToString(CultureInfo.InvariantCulture),
            "--seconds", ClientProcess.Text(seconds)));
        string line = client.Finish(TimeSpan.FromSeconds(seconds + 30), cancel)
            ?? throw new IOException("the client of the stat storm failed");
        return 1e6 / double.Parse(line, CultureInfo.InvariantCulture);
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
