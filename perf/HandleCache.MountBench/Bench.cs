using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>
/// The run: all loads on one server after the other, round by round, the order of the servers
/// turned each round, so that whatever changes on the machine meets both alike.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="size">How much.</param>
/// <param name="ours">Runs all loads.</param>
/// <param name="theirs">As well.</param>
/// <param name="ring">Only the stat storms, which tell channels apart; null where there is none.</param>
internal sealed class Bench(
    BenchFolder folder, BenchSize size, Contender ours, Contender theirs, Contender? ring)
{
    private const int CachedSeconds = 60;

    private readonly LoadRunner _runner = new(folder.Loads);
    private readonly Load[] _loads = Load.All(folder.MountPoint, size);
    private readonly Dictionary<(string Load, string Contender), Samples> _samples = [];

    public IReadOnlyList<Load> Loads => _loads;

    /// <summary>Makes the trees that the loads need in the source.</summary>
    public void Prepare()
    {
        foreach (string name in (string[])["flat", "tree", "churn"])
            Directory.CreateDirectory(Path.Combine(folder.Source, name));
        for (int i = 0; i < BenchSize.StatFiles; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"f{i}");
            File.Create(Path.Combine(folder.Source, "flat", name)).Dispose();
        }

        CultureInfo plain = CultureInfo.InvariantCulture;
        _runner.Run(
            "tree", Path.Combine(folder.Source, "tree"),
            (size.Folders * BenchSize.FilesPerFolder).ToString(plain),
            BenchSize.FilesPerFolder.ToString(plain));
    }

    public void Run(TextWriter progress)
    {
        Contender[] contenders = ring is null ? [ours, theirs] : [ours, theirs, ring];
        for (int round = 0; round < size.Rounds; round++)
        {
            IEnumerable<Contender> order =
                round % 2 == 0 ? contenders : contenders.AsEnumerable().Reverse();
            foreach (Contender contender in order)
            {
                progress.WriteLine($"round {round + 1} of {size.Rounds}: {contender.Name}");
                RunLoads(contender, zeroTimeouts: true);
                if (contender != ring)
                    RunLoads(contender, zeroTimeouts: false);
            }
        }
    }

    public Samples Of(Load load, Contender contender) => _samples[(load.Name, contender.Name)];

    public MemoryRow Memory(Contender contender) =>
        MemoryRow.Measure(contender, folder, _runner, size);

    private void RunLoads(Contender contender, bool zeroTimeouts)
    {
        using RunningServer server = RunningServer.Start(
            contender, folder.Source, folder.MountPoint, zeroTimeouts ? 0 : CachedSeconds);
        foreach (Load load in _loads.Where(l => l.ZeroTimeouts == zeroTimeouts))
        {
            WarmUp(load);
            double figure = _runner.Measure(load, folder.MountPoint);
            (string, string) key = (load.Name, contender.Name);
            if (!_samples.TryGetValue(key, out Samples? samples))
                _samples.Add(key, samples = new Samples());
            samples.Add(figure);
        }

        if (!zeroTimeouts)
            File.Delete(Path.Combine(folder.Source, "big"));
    }

    /// <summary>
    /// The first portion once, untimed: both servers, and the runtime of one, shall be warm. A
    /// file is written twice, so that both writes meet memory that the machine has given already.
    /// </summary>
    private void WarmUp(Load load)
    {
        _runner.Run(load.Commands[0]);
        if (load.Commands.Length > 1)
            _runner.Empty(folder.MountPoint);
    }
}
