using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>
/// The run: all servers are mounted at once, and each load goes from one mount to the other in
/// short slices, the order turned each time. So whatever changes on the machine meets all alike,
/// and each slice has its pair. Round by round the servers are started again, since where a server
/// lies in memory and on processors is a matter of luck that lasts as long as it does.
/// </summary>
/// <param name="folder">Where.</param>
/// <param name="size">How much.</param>
/// <param name="ours">Runs all loads.</param>
/// <param name="theirs">As well.</param>
internal sealed class Bench(
    BenchFolder folder, BenchSize size, Contender ours, Contender theirs)
{
    public const int Ours = 0;
    public const int Theirs = 1;
    internal const int CachedSeconds = 60;

    private readonly LoadRunner _runner = new(folder.Loads);
    private readonly Dictionary<Load, LoadResult> _results = [];

    public IReadOnlyList<Load> Loads { get; } = Load.All(size);

    public LoadResult Of(Load load) => _results[load];

    /// <summary>Makes the trees and the file that the loads need in the source.</summary>
    public void Prepare()
    {
        foreach (string name in (string[])["flat", "churn"])
            Directory.CreateDirectory(Path.Combine(folder.Source, name));
        CultureInfo plain = CultureInfo.InvariantCulture;
        for (int i = 0; i < BenchSize.StatFiles; i++)
        {
            string name = string.Create(plain, $"f{i}");
            File.Create(Path.Combine(folder.Source, "flat", name)).Dispose();
        }

        MakeTree("tree", size.Folders);
        _runner.Run("fill", Path.Combine(folder.Source, "big"), size.FileBytes.ToString(plain));
    }

    public void Run(TextWriter progress)
    {
        foreach (Load load in Loads)
            _results.Add(load, new LoadResult(contenders: 2));
        for (int round = 0; round < size.Rounds; round++)
        {
            progress.WriteLine($"round {round + 1} of {size.Rounds}");
            foreach (Placement placement in Enum.GetValues<Placement>())
            {
                if (placement == Placement.Apart && Environment.ProcessorCount < 2)
                    continue;
                RunLoads(zeroTimeouts: true, placement);
                RunLoads(zeroTimeouts: false, placement);
            }
        }
    }

    /// <summary>Makes the tree for <see cref="Memory"/>.</summary>
    public void PrepareMemory() => MakeTree(BenchFolder.Many, size.MemoryFolders);

    public MemoryRow Memory(Contender contender) =>
        MemoryRow.Measure(contender, folder, _runner, size);

    private void RunLoads(bool zeroTimeouts, Placement placement)
    {
        using Arena arena = Arena.Start(
            folder, [ours, theirs], zeroTimeouts ? 0 : CachedSeconds, placement);
        foreach (Load load in Loads.Where(l => l.ZeroTimeouts == zeroTimeouts))
        {
            if (load.Kind == Load.Walk)
            {
                if (placement == Placement.Free)
                    Walk(arena, load);
            }
            else if (placement == Placement.Free || load.Clients == 1)
            {
                Duel(arena, load, placement);
            }
        }
    }

    private void Duel(Arena arena, Load load, Placement placement)
    {
        LoadResult result = _results[load];
        ServerUse[] before = arena.Use();
        int count = placement == Placement.Free ? size.Slices : size.PinnedSlices;
        Slice[] slices =
            _runner.Duel(load, count, size.SliceMs, arena.Roots, placement.Clients());
        ServerUse[] after = arena.Use();
        int roots = arena.Roots.Length;
        for (int i = 0; i < roots && placement == Placement.Free; i++)
            result.Use(i, slices.Where(s => s.Root == i).Sum(s => s.Work), after[i] - before[i]);
        result[placement].AddPairs(slices, roots, load.Divisor);
    }

    /// <summary>
    /// Portion by portion below each mount; the kernel forgets the inodes of one mount before
    /// the next portion of another. The first is to warm up.
    /// </summary>
    private void Walk(Arena arena, Load load)
    {
        bool warm = false;
        string[][] portions =
        [
            .. Enumerable.Range(0, size.Folders).Select(Folder).Chunk(size.PortionFolders),
        ];
        foreach (string[] portion in (string[][])[portions[0], .. portions])
        {
            double[] figures = new double[arena.Roots.Length];
            for (int i = 0; i < arena.Roots.Length; i++)
            {
                // The other one first the next time.
                int at = (i + _results[load][Placement.Free].Count) % arena.Roots.Length;
                string root = arena.Roots[at];
                figures[at] = _runner
                    .Run([Load.Walk, .. portion.Select(name => $"{root}/tree/{name}")]).PerSecond;
                _runner.Empty(root);
            }

            if (warm)
                _results[load][Placement.Free].Add(figures);
            warm = true;
        }
    }

    private void MakeTree(string name, int folders)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string tree = Directory.CreateDirectory(Path.Combine(folder.Source, name)).FullName;
        _runner.Run(
            "tree", tree, (folders * BenchSize.FilesPerFolder).ToString(plain),
            BenchSize.FilesPerFolder.ToString(plain));
    }

    private static string Folder(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"d{number}");
}
