using System.Globalization;

namespace HandleCache.Lab.Guests;

/// <summary>
/// How long the program takes to start, as a multiple of `busybox true` in the same guest.
/// </summary>
internal static class StartUpCheck
{
    /// <summary>More than so many times is a divergence.</summary>
    public const double Most = 15;

    private const string Name = "start-up";

    /// <summary>Batches of each, in turns: what else the machine does is in both.</summary>
    private const int Rounds = 7;

    /// <summary>So many that a batch of either is long beside the hundredths of /proc/uptime.
    /// </summary>
    private const int Runs = 24;
    private const string Busybox = "/bin/busybox true";
    private const string Own = "handlecache --version >/dev/null";

    /// <summary>/proc/uptime around each batch; the first run of each is not counted.</summary>
    public static GuestChecks.Check Check { get; } = new(
        Name,
        [
            new GuestCommand(
                Name,
                $"{Busybox}; {Own}; r=0; "
                + $"while [ $r -lt {Rounds} ]; do r=$((r+1)); "
                + $"cat /proc/uptime; {Repeat(Busybox)}; cat /proc/uptime; {Repeat(Own)}; "
                + "cat /proc/uptime; done",
                600),
        ],
        outputs => outputs.TryGetValue(Name, out GuestOutput? output)
            ? Read(output)
            : (GuestVerdict.Failed, "it did not come to an end"));

    private static string Repeat(string command) =>
        $"i=0; while [ $i -lt {Runs} ]; do {command} || exit 1; i=$((i+1)); done";

    /// <summary>The median of the rounds' ratios.</summary>
    private static (GuestVerdict Verdict, string Detail) Read(GuestOutput output)
    {
        double[] seconds = [.. output.Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture))];
        if (output.ExitCode != 0 || seconds.Length != 3 * Rounds)
            return (GuestVerdict.Failed, $"exit {output.ExitCode}: {output.Error.Trim()}");
        double[] ratios =
        [
            .. seconds.Chunk(3).Where(at => at[1] > at[0])
                .Select(at => (at[2] - at[1]) / (at[1] - at[0])).Order(),
        ];
        if (ratios.Length <= Rounds / 2)
            return (GuestVerdict.Failed, "busybox took no time");
        double median = ratios[ratios.Length / 2];
        string detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{median:0.0} times busybox true, {ratios[0]:0.0} to {ratios[^1]:0.0} "
            + $"({Rounds} times {Runs} runs each in turns, emulated)");
        // Uptime has two digits.
        return (Math.Round(median, 3) <= Most ? GuestVerdict.Match : GuestVerdict.Diverge, detail);
    }
}
