using System.Globalization;

namespace HandleCache.MountBench;

/// <summary>Runs loads as processes of their own, each with a time limit.</summary>
internal sealed class LoadRunner(string loads)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Lets the server take the FORGETs of an emptied cache, untimed.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>Units a second over all portions of a load.</summary>
    public double Measure(Load load, string mountPoint)
    {
        double work = 0;
        double seconds = 0;
        for (int i = 0; i < load.Commands.Length; i++)
        {
            if (i > 0)
                Empty(mountPoint);
            (double didWork, double took) = Run(load.Commands[i]);
            work += didWork;
            seconds += took;
        }

        return work / load.Divisor / seconds;
    }

    /// <summary>Has the kernel forget all inodes of a mount that nobody uses.</summary>
    public void Empty(string mountPoint)
    {
        Commands.Require(Limit, loads, "empty", mountPoint);
        Thread.Sleep(Settling);
    }

    /// <summary>Work done and seconds taken.</summary>
    public (double Work, double Seconds) Run(params string[] arguments)
    {
        string[] words = Commands.Require(Limit, loads, arguments).Split(' ');
        CultureInfo plain = CultureInfo.InvariantCulture;
        return (double.Parse(words[0], plain), double.Parse(words[1], plain));
    }
}
