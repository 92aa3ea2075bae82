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

    private readonly string _folder;
    private readonly PrivateApt _apt;

    /// <param name="folder">The cache; made where it is not there.</param>
    public KernelPackages(string folder)
    {
        _folder = Path.GetFullPath(folder);
        _apt = new PrivateApt(_folder);
    }

    /// <summary>Whether a version is in the cache: then nothing is fetched or written.</summary>
    public bool Has(string version) => Unpacked(version) is not null;

    /// <summary>The newest kernel of a version; null where the mirror has none.</summary>
    /// <exception cref="MissingRequirementException">apt-get or dpkg-deb fails.</exception>
    public GuestKernel? Find(string version, CancellationToken cancel)
    {
        if (Unpacked(version) is { } known)
            return known;
        _apt.Update(cancel);
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

    private bool TryFetch(string release, string folder, CancellationToken cancel) =>
        _apt.TryDownload(PackagesOf(release, cancel), folder, cancel);

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
        return new GuestKernel(version, release, image, tree);
    }

    /// <summary>The releases of a version that are in the lists, the newest first.</summary>
    private IEnumerable<string> Newest(string version, CancellationToken cancel)
    {
        string start = Regex.Escape(version);
        Regex named = new($"^linux-(?:image|binary)-({start}[.0-9]*[^ ]*-{Flavour})(-unsigned)?$");
        return _apt.Names("linux-", cancel)
            .Select(name => named.Match(name))
            .Where(match => match.Success && IsOf(match.Groups[1].Value, version))
            .Select(match => match.Groups[1].Value)
            .Distinct()
            .OrderByDescending(
                release => Numbers(release), Comparer<long[]>.Create(CompareNumbers));
    }

    /// <summary>6.1 is not 6.12.</summary>
    private static bool IsOf(string release, string version) =>
        release.Length > version.Length && release[version.Length] is '.' or '-' or '+';

    /// <summary>The numbers of a release, to order releases by.</summary>
    internal static long[] Numbers(string release) =>
        [.. Digits().Matches(release).Select(match => long.Parse(
            match.Value, System.Globalization.CultureInfo.InvariantCulture))];

    internal static int CompareNumbers(long[]? left, long[]? right) =>
        (left ?? []).AsSpan().SequenceCompareTo(right ?? []);

    private List<string> PackagesOf(string release, CancellationToken cancel) =>
        PackagesOf([.. _apt.Names("linux-", cancel)], release);

    /// <summary>
    /// A release's kernel and modules, out of all names; none where there is no kernel. Up to
    /// 6.18 one package has both, later ones have two.
    /// </summary>
    internal static List<string> PackagesOf(HashSet<string> names, string release)
    {
        string[] kernels =
        [
            $"linux-binary-{release}", $"linux-image-{release}-unsigned",
            $"linux-image-{release}",
        ];
        string modules = $"linux-modules-{release}";
        return [.. kernels.Where(names.Contains).Take(1), .. names.Contains(modules)
            ? [modules]
            : Array.Empty<string>()];
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}
