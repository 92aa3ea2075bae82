using System.Globalization;
using System.Text.RegularExpressions;

namespace HandleCache.Lab.Guests;

/// <summary>A kernel that a module can be built for, unpacked.</summary>
/// <param name="Kernel">What boots.</param>
/// <param name="Headers">Folder that make is run in.</param>
/// <param name="Fuse">A copy of its fs/fuse.</param>
internal sealed record ModuleKernel(GuestKernel Kernel, string Headers, string Fuse)
{
    /// <summary>Another kernel may be there under this release: modules are built anew.</summary>
    public bool MayChange { get; init; }

    /// <summary>What make is given beside its own environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } =
        new Dictionary<string, string>();
}

/// <summary>
/// Source and headers of Debian's kernels, fetched like the kernels themselves. Compiler and C
/// library of the machine fit headers of its own Debian release; with those of another release
/// come that release's.
/// </summary>
internal sealed class ModulePackages(string folder)
{
    private const string Flavour = "cloud-amd64";

    private const int MostTried = 4;

    /// <summary>The assembler and the linker under the names that gcc looks for.</summary>
    private const string Binutils = "binutils";

    private const string Output = "KBUILD_OUTPUT=";

    private readonly string _folder = Path.GetFullPath(folder);
    private readonly PrivateApt _apt = new(Path.GetFullPath(folder));

    /// <summary>One release of a kernel, and the number of the Debian that it is for.</summary>
    private sealed record Candidate(string Release, int Debian)
    {
        /// <summary>Without the flavour, as packages for all flavours are named.</summary>
        public string Plain => Release[..^(Flavour.Length + 1)];
    }

    /// <summary>The newest kernel of a version that a module can be built for.</summary>
    /// <exception cref="MissingRequirementException">There is none to be had.</exception>
    public ModuleKernel Find(string version, CancellationToken cancel)
    {
        string trees = Path.Combine(_folder, "modules", version);
        if (Directory.Exists(trees)
            && Directory.GetDirectories(trees, "*-" + Flavour) is [var known, ..])
        {
            return Unpacked(version, known);
        }

        _apt.Update(cancel);
        foreach (Candidate candidate in Candidates(version, cancel).Take(MostTried))
        {
            string tree = Path.Combine(trees, candidate.Release);
            if (TryUnpack(version, candidate, tree, cancel))
                return Unpacked(version, tree);
        }

        throw new MissingRequirementException(
            $"no mirror has source and headers of a kernel {version}");
    }

    /// <summary>
    /// Releases with headers, kbuild and image: those for this machine's Debian, then those for
    /// others, the newest of each first.
    /// </summary>
    private IEnumerable<Candidate> Candidates(string version, CancellationToken cancel)
    {
        HashSet<string> names = [.. _apt.Names("linux-", cancel)];
        Regex headers = new(
            $@"^linux-headers-({Regex.Escape(version)}\.[0-9.]+\+deb([0-9]+)-{Flavour})$");
        int? own = DebianRelease();
        return names
            .Select(name => headers.Match(name))
            .Where(match => match.Success)
            .Select(match => new Candidate(
                match.Groups[1].Value,
                int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)))
            .Where(candidate => names.Contains($"linux-kbuild-{candidate.Plain}")
                && KernelPackages.PackagesOf(names, candidate.Release).Count > 0)
            .OrderByDescending(candidate => candidate.Debian == own)
            .ThenByDescending(candidate => candidate.Debian)
            .ThenByDescending(
                candidate => KernelPackages.Numbers(candidate.Release),
                Comparer<long[]>.Create(KernelPackages.CompareNumbers));
    }

    private bool TryUnpack(
        string version, Candidate candidate, string tree, CancellationToken cancel)
    {
        string headers = $"linux-headers-{candidate.Release}";
        string source = $"linux-source-{version}";
        string? same = _apt.VersionsOf(headers, cancel)
            .Intersect(_apt.VersionsOf(source, cancel)).FirstOrDefault();
        if (same is null)
            return false;
        string fetched = Path.Combine(_folder, "packages", "source-" + version);
        IReadOnlyList<string> toBuild = candidate.Debian == DebianRelease()
            ?
            [
                headers, $"linux-headers-{candidate.Plain}-common",
                $"linux-kbuild-{candidate.Plain}",
            ]
            : _apt.WithDependencies([headers, Binutils], candidate.Debian, cancel);
        string[] packages =
        [
            $"{source}={same}", .. toBuild,
            .. KernelPackages.PackagesOf(
                [.. _apt.Names("linux-", cancel)], candidate.Release),
        ];
        if (toBuild.Count == 0 || !_apt.TryDownload(packages, fetched, cancel))
            return false;

        // Whole or not at all, as the kernels are.
        string part = tree + ".part";
        if (Directory.Exists(part))
            Directory.Delete(part, recursive: true);
        Directory.CreateDirectory(part);
        foreach (string package in Directory.GetFiles(fetched, "*.deb"))
            Tool.Require("dpkg-deb", ["-x", package, part], cancel);
        string archive = Path.Combine(part, "usr/src", source + ".tar.xz");
        Tool.Require(
            "tar", ["-xf", archive, "-C", part, "--strip-components=2", $"{source}/fs/fuse"],
            cancel);
        File.Delete(archive);
        if (ForeignTools.AreIn(part))
            ForeignTools.Wrap(part);
        Directory.Delete(fetched, recursive: true);
        Directory.Move(part, tree);
        return true;
    }

    private static ModuleKernel Unpacked(string version, string tree)
    {
        Candidate candidate = new(Path.GetFileName(tree), 0);
        string release = candidate.Release;
        string headers = Path.Combine(tree, "usr/src", $"linux-headers-{release}");

        // Debian's names the path that the package would be installed to, of late as a variable,
        // too.
        string makefile = Path.Combine(headers, "Makefile");
        string output = File.ReadAllText(makefile).Contains(Output, StringComparison.Ordinal)
            ? $"{Output}{headers}\n"
            : "";
        File.WriteAllText(
            makefile,
            $"{output}include {tree}/usr/src/linux-headers-{candidate.Plain}-common/Makefile\n");
        string[] images =
        [
            Path.Combine(tree, "boot", $"vmlinuz-{release}"),
            Path.Combine(tree, "usr/lib/modules", release, "vmlinuz"),
        ];
        GuestKernel kernel = new(version, release, images.First(File.Exists), tree);
        ModuleKernel found = new(kernel, headers, Path.Combine(tree, "fuse"));
        return ForeignTools.AreIn(tree)
            ? found with { Environment = ForeignTools.Environment(tree) }
            : found;
    }

    /// <summary>The number of this machine's Debian, 12; null where it is none.</summary>
    private static int? DebianRelease()
    {
        string[] lines = File.Exists("/etc/os-release")
            ? File.ReadAllLines("/etc/os-release")
            : [];
        string? Value(string name) => lines
            .FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))
            ?[(name.Length + 1)..].Trim('"');
        return Value("ID") == "debian"
            && int.TryParse(Value("VERSION_ID"), CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
    }
}
