using System.Text.RegularExpressions;

namespace HandleCache.Lab.Guests;

/// <summary>
/// Debian's kernels, fetched by an apt of our own into a folder outside of the tree: nothing is
/// installed and the machine's own package lists stay as they are.
/// </summary>
internal sealed partial class KernelPackages
{
    private const string Flavour = "cloud-amd64";

    /// <summary>Releases of a version that are asked for before it is not to be had.</summary>
    private const int MostTried = 4;

    /// <summary>Package lists are fetched again after that.</summary>
    private static readonly TimeSpan ListsAge = TimeSpan.FromDays(1);

    private static readonly (string Path, string Suites)[] Archives =
    [
        ("debian", "bullseye bookworm bookworm-backports trixie trixie-backports sid experimental"),
        ("debian-security", "bullseye-security bookworm-security trixie-security"),
    ];

    private readonly string _folder;
    private readonly string _config;

    /// <param name="folder">The cache; made where it is not there.</param>
    public KernelPackages(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _config = Path.Combine(_folder, "apt", "apt.conf");
    }

    /// <summary>The newest kernel of a version; null where the mirror has none.</summary>
    /// <exception cref="MissingRequirementException">apt-get or dpkg-deb fails.</exception>
    public GuestKernel? Find(string version, CancellationToken cancel)
    {
        if (Unpacked(version) is { } known)
            return known;
        Prepare(cancel);
        string tree = Path.Combine(_folder, "kernels", version);
        string fetched = Path.Combine(_folder, "packages", version);
        // The lists may name packages that the mirror has dropped: an older release may be there.
        bool isFetched = Newest(version, cancel).Take(MostTried)
            .Any(release => TryFetch(release, fetched, cancel));
        if (!isFetched)
            return null;
        // Whole or not at all: what is there is not fetched again.
        string part = tree + ".part";
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        Directory.CreateDirectory(part);
        foreach (string package in Directory.GetFiles(fetched, "*.deb"))
            Tool.Require("dpkg-deb", ["-x", package, part], cancel);
        if (Directory.Exists(tree))
            Directory.Delete(tree, recursive: true);
        Directory.Move(part, tree);
        Directory.Delete(fetched, recursive: true);
        return Unpacked(version);
    }

    private bool TryFetch(string release, string folder, CancellationToken cancel)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        return Tool.Run(
            "apt-get", ["-c", _config, "-qq", "download", .. PackagesOf(release, cancel)],
            cancel, folder).ExitCode == 0;
    }

    private GuestKernel? Unpacked(string version)
    {
        string tree = Path.Combine(_folder, "kernels", version);
        if (!Directory.Exists(tree))
            return null;
        EnumerationOptions everywhere = new()
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        string? image = Directory.EnumerateFiles(tree, "vmlinuz*", everywhere).FirstOrDefault();
        if (image is null)
            return null;
        string name = Path.GetFileName(image);
        string release = name == "vmlinuz"
            ? Path.GetFileName(Path.GetDirectoryName(image)!)
            : name["vmlinuz-".Length..];
        string[] modules = [.. Directory.EnumerateFiles(tree, "fuse.ko*", everywhere).Take(1)];
        return new GuestKernel(version, release, image, modules);
    }

    /// <summary>An apt that reads and writes below the folder alone.</summary>
    private void Prepare(CancellationToken cancel)
    {
        string apt = Path.Combine(_folder, "apt");
        string lists = Path.Combine(apt, "lists");
        foreach (string part in new[] { "lists/partial", "cache/archives/partial", "parts" })
            Directory.CreateDirectory(Path.Combine(apt, part));
        string mirror = MirrorOf();
        File.WriteAllLines(
            Path.Combine(apt, "sources.list"),
            from archive in Archives
            from suite in archive.Suites.Split(' ')
            select $"deb [arch=amd64] {mirror}/{archive.Path} {suite} main");
        File.WriteAllText(Path.Combine(apt, "status"), "");
        File.WriteAllLines(
            _config,
            [
                $"Dir::State \"{apt}\";",
                $"Dir::State::lists \"{lists}\";",
                $"Dir::State::status \"{apt}/status\";",
                $"Dir::Cache \"{apt}/cache\";",
                $"Dir::Etc::sourcelist \"{apt}/sources.list\";",
                $"Dir::Etc::sourceparts \"{apt}/parts\";",
                "Acquire::Languages \"none\";",
                "APT::Sandbox::User \"root\";",
            ]);
        string stamp = Path.Combine(apt, "updated");
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

    /// <summary>The releases of a version that are in the lists, the newest first.</summary>
    private IEnumerable<string> Newest(string version, CancellationToken cancel)
    {
        string start = Regex.Escape(version);
        Regex named = new($"^linux-(?:image|binary)-({start}[.0-9]*[^ ]*-{Flavour})(-unsigned)?$");
        return Names(cancel)
            .Select(name => named.Match(name))
            .Where(match => match.Success && IsOf(match.Groups[1].Value, version))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .OrderByDescending(
                release => Numbers(release), Comparer<long[]>.Create(CompareNumbers));
    }

    private string[] Names(CancellationToken cancel) => Tool
        .Require("apt-cache", ["-c", _config, "pkgnames", "linux-"], cancel)
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>6.1 is not 6.12.</summary>
    private static bool IsOf(string release, string version) =>
        release.Length > version.Length && release[version.Length] is '.' or '-' or '+';

    private static long[] Numbers(string release) =>
        [.. Digits().Matches(release).Select(match => long.Parse(
            match.Value, System.Globalization.CultureInfo.InvariantCulture))];

    private static int CompareNumbers(long[]? left, long[]? right) =>
        (left ?? []).AsSpan().SequenceCompareTo(right ?? []);

    /// <summary>Up to 6.18 one package has kernel and modules, later ones have two.</summary>
    private List<string> PackagesOf(string release, CancellationToken cancel)
    {
        HashSet<string> names = [.. Names(cancel)];
        string[] kernels =
        [
            $"linux-binary-{release}", $"linux-image-{release}-unsigned",
            $"linux-image-{release}",
        ];
        List<string> wanted = [kernels.First(names.Contains)];
        string modules = $"linux-modules-{release}";
        if (names.Contains(modules))
            wanted.Add(modules);
        return wanted;
    }

    [GeneratedRegex("(https?://[^ /]+(?:/[^ ]+)?)/debian(?:[ /]|$)")]
    private static partial Regex DebianUri();

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
