using System.Text.RegularExpressions;

namespace HandleCache.Lab.Guests;

/// <summary>
/// An apt that reads and writes below a folder of ours alone: nothing is installed, and the
/// machine's own package lists stay as they are.
/// </summary>
internal sealed partial class PrivateApt
{
    /// <summary>Package lists are fetched again after that.</summary>
    private static readonly TimeSpan ListsAge = TimeSpan.FromDays(1);

    private static readonly (string Path, string Suites)[] Archives =
    [
        ("debian", "bullseye bookworm bookworm-backports trixie trixie-backports sid experimental"),
        ("debian-security", "bullseye-security bookworm-security trixie-security"),
    ];

    private readonly string _apt;
    private readonly string _config;

    public PrivateApt(string folder)
    {
        _apt = Path.Combine(folder, "apt");
        _config = Path.Combine(_apt, "apt.conf");
    }

    /// <summary>Fetches the package lists, at most once a day.</summary>
    /// <exception cref="MissingRequirementException">The mirror has none.</exception>
    public void Update(CancellationToken cancel)
    {
        string lists = Path.Combine(_apt, "lists");
        foreach (string part in new[] { "lists/partial", "cache/archives/partial", "parts" })
            Directory.CreateDirectory(Path.Combine(_apt, part));
        string mirror = MirrorOf();
        File.WriteAllLines(
            Path.Combine(_apt, "sources.list"),
            from archive in Archives
            from suite in archive.Suites.Split(' ')
            select $"deb [arch=amd64] {mirror}/{archive.Path} {suite} main");
        File.WriteAllText(Path.Combine(_apt, "status"), "");
        File.WriteAllLines(
            _config,
            [
                $"Dir::State \"{_apt}\";",
                $"Dir::State::lists \"{lists}\";",
                $"Dir::State::status \"{_apt}/status\";",
                $"Dir::Cache \"{_apt}/cache\";",
                $"Dir::Etc::sourcelist \"{_apt}/sources.list\";",
                $"Dir::Etc::sourceparts \"{_apt}/parts\";",
                "Acquire::Languages \"none\";",
                "APT::Sandbox::User \"root\";",
            ]);
        string stamp = Path.Combine(_apt, "updated");
        if (File.Exists(stamp) && DateTime.UtcNow - File.GetLastWriteTimeUtc(stamp) < ListsAge)
            return;
        // A suite that the mirror no longer has is no reason to do without the others.
        Tool.Run("apt-get", ["-c", _config, "-qq", "update"], cancel);
        if (!Directory.EnumerateFiles(lists, "*_Packages*").Any())
        {
            throw new MissingRequirementException(
                $"apt-get update got no package list from {mirror}");
        }

        File.WriteAllText(stamp, "");
    }

    /// <summary>The mirror that the machine uses itself; nobody else is asked.</summary>
    /// <exception cref="MissingRequirementException">It names none.</exception>
    private static string MirrorOf()
    {
        IEnumerable<string> files = Directory.Exists("/etc/apt/sources.list.d")
            ? Directory.GetFiles("/etc/apt/sources.list.d")
            : [];
        if (File.Exists("/etc/apt/sources.list"))
            files = files.Append("/etc/apt/sources.list");
        Match? named = files.SelectMany(File.ReadLines)
            .Where(line => !line.TrimStart().StartsWith('#'))
            .Select(line => DebianUri().Match(line))
            .FirstOrDefault(match => match.Success);
        return named?.Groups[1].Value ?? throw new MissingRequirementException(
            "no Debian mirror in /etc/apt/sources.list or sources.list.d: name one there");
    }

    /// <summary>Names of all packages that begin so.</summary>
    public string[] Names(string start, CancellationToken cancel) => Tool
        .Require("apt-cache", ["-c", _config, "pkgnames", start], cancel)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Versions of a package that a mirror has, the newest first.</summary>
    public string[] VersionsOf(string package, CancellationToken cancel) =>
    [
        .. Tool.Require("apt-cache", ["-c", _config, "madison", package], cancel)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(columns => columns.Length >= 3)
            .Select(columns => columns[1])
            .Distinct(),
    ];

    /// <summary>
    /// Downloads packages, NAME or NAME=VERSION, into an empty folder; false where one is not to
    /// be had.
    /// </summary>
    public bool TryDownload(
        IEnumerable<string> packages, string folder, CancellationToken cancel)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return Tool.Run(
            "apt-get", ["-c", _config, "-qq", "download", .. packages], cancel, folder)
            .ExitCode == 0;
    }

    /// <summary>
    /// Packages with all that they need on a Debian with nothing installed, as NAME=VERSION; none
    /// where apt finds no such set.
    /// </summary>
    /// <param name="packages">Names.</param>
    /// <param name="debian">The release whose packages are taken where it has them: 13.</param>
    /// <param name="cancel">Ends it.</param>
    public IReadOnlyList<string> WithDependencies(
        IEnumerable<string> packages, int debian, CancellationToken cancel)
    {
        string[] install =
        [
            "-c", _config, "-qq", "-s", "-t",
            debian.ToString(System.Globalization.CultureInfo.InvariantCulture) + "*",
            "--no-install-recommends", "install", .. packages,
        ];
        Tool.Outcome outcome = Tool.Run("apt-get", install, cancel);
        return outcome.ExitCode != 0
            ? []
            : [.. Installed().Matches(outcome.Output).Select(
                match => $"{match.Groups[1].Value}={match.Groups[2].Value}")];
    }

    [GeneratedRegex(@"^Inst ([^ ]+) \(([^ ]+) ", RegexOptions.Multiline)]
    private static partial Regex Installed();

    [GeneratedRegex("(https?://[^ /]+(?:/[^ ]+)?)/debian(?:[ /]|$)")]
    private static partial Regex DebianUri();
}
