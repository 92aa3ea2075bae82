using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>A slice as <c>loads duel</c> prints it.</summary>
internal readonly record struct Slice(int Root, double Work, double Seconds)
{
    public double PerSecond => Work / Seconds;
}

/// <summary>Runs loads as processes of their own, each with a time limit.</summary>
internal sealed class LoadRunner(string loads)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Lets the server take the FORGETs of an emptied cache, untimed.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// A load below several roots in turn; the first slice of each is to warm up.
    /// </summary>
    /// <param name="load">Not <see cref="Load.Walk"/>.</param>
    /// <param name="slices">Below each root.</param>
    /// <param name="sliceMs">Length of each, milliseconds.</param>
    /// <param name="roots">In the order of the contenders.</param>
    /// <param name="processor">Where the clients run; null for anywhere.</param>
    public Slice[] Duel(
        Load load, int slices, int sliceMs, IEnumerable<string> roots, string? processor)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        string[] arguments =
        [
            "duel", load.Kind, load.Clients.ToString(plain), slices.ToString(plain),
            sliceMs.ToString(plain), .. roots,
        ];
        string output = processor is null
            ? Commands.Require(Limit, loads, arguments)
            : Commands.Require(Limit, "taskset", ["-c", processor, loads, .. arguments]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse)];
    }

    /// <summary>Has the kernel forget all inodes of a mount that nobody uses.</summary>
    public void Empty(string mountPoint)
    {
        Commands.Require(Limit, loads, "empty", mountPoint);
        Thread.Sleep(Settling);
    }

    /// <summary>Work units a second.</summary>
    public Slice Run(params string[] arguments) =>
        Parse("0 " + Commands.Require(Limit, loads, arguments));

    private static Slice Parse(string line)
    {
        string[] words = line.Split(' ');
        CultureInfo plain = CultureInfo.InvariantCulture;
        return new Slice(
            int.Parse(words[0], plain), double.Parse(words[1], plain),
            double.Parse(words[2], plain));
    }
}
