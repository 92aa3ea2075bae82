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
    private const int Runs = 40;

    /// <summary>/proc/uptime before, between and after; the first run of each is not counted.
    /// </summary>
    public static GuestChecks.Check Check { get; } = new(
        Name,
        [
            new GuestCommand(
                Name, $"{Repeat("/bin/busybox true")}; {Repeat("handlecache --version")}", 600),
        ],
        outputs => outputs.TryGetValue(Name, out GuestOutput? output)
            ? Read(output)
            : (GuestVerdict.Failed, "it did not come to an end"));

    private static string Repeat(string command) => string.Create(
        CultureInfo.InvariantCulture,
        $"{command} >/dev/null; cat /proc/uptime; i=0; while [ $i -lt {Runs} ]; do {command} ")
        + ">/dev/null || exit 1; i=$((i+1)); done; cat /proc/uptime";

    private static (GuestVerdict Verdict, string Detail) Read(GuestOutput output)
    {
        double[] seconds = [.. output.Text
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => double.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture))];
        if (output.ExitCode != 0 || seconds.Length != 4)
            return (GuestVerdict.Failed, $"exit {output.ExitCode}: {output.Error.Trim()}");
        double peer = seconds[1] - seconds[0];
        double own = seconds[3] - seconds[2];
        if (peer <= 0)
            return (GuestVerdict.Failed, "busybox took no time");
        string detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{own / peer:0.0} times busybox true ({Runs} runs each, emulated)");
        return (own <= Most * peer ? GuestVerdict.Match : GuestVerdict.Diverge, detail);
    }
}
