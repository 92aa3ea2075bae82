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
}

/// <summary>
/// Source and headers of Debian's kernels, fetched like the kernels themselves. Headers of the
/// machine's own release alone: its compiler and C library fit them.
/// </summary>
internal sealed class ModulePackages(string folder)
{
    private const string Flavour = "cloud-amd64";

    private const int MostTried = 4;

    private readonly string _folder = Path.GetFullPath(folder);
    private readonly PrivateApt _apt = new(Path.GetFullPath(folder));

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
        string suffix = "+deb" + DebianRelease();
        foreach (string release in Releases(version, suffix, cancel).Take(MostTried))
        {
            string tree = Path.Combine(trees, release);
            if (TryUnpack(version, release, tree, cancel))
                return Unpacked(version, tree);
        }

        throw new MissingRequirementException(
            $"no mirror has source and headers of a kernel {version}*{suffix}");
    }

    /// <summary>Releases with headers, kbuild and image, the newest first.</summary>
    private IEnumerable<string> Releases(
        string version, string suffix, CancellationToken cancel)
    {
        HashSet<string> names = [.. _apt.Names("linux-", cancel)];
        Regex headers = new(
            $"^linux-headers-({Regex.Escape(version)}\\.[0-9.]+{Regex.Escape(suffix)})-{Flavour}$");
        return names
            .Select(name => headers.Match(name))
            .Where(match => match.Success)
            .Select(match => match.Groups[1].Value)
            .Where(release => names.Contains($"linux-kbuild-{release}")
                && names.Contains($"linux-image-{release}-{Flavour}-unsigned"))
            .OrderByDescending(
                KernelPackages.Numbers,
                Comparer<long[]>.Create(KernelPackages.CompareNumbers))
            .Select(release => $"{release}-{Flavour}");
    }

    private bool TryUnpack(
        string version, string release, string tree, CancellationToken cancel)
    {
        string plain = release[..^(Flavour.Length + 1)];
        string headers = $"linux-headers-{release}";
        string source = $"linux-source-{version}";
        string? same = _apt.VersionsOf(headers, cancel)
            .Intersect(_apt.VersionsOf(source, cancel)).FirstOrDefault();
        if (same is null)
            return false;
        string fetched = Path.Combine(_folder, "packages", "source-" + version);
        string[] packages =
        [
            $"{source}={same}", headers, $"linux-headers-{plain}-common", $"linux-kbuild-{plain}",
            $"linux-image-{release}-unsigned",
        ];
        if (!_apt.TryDownload(packages, fetched, cancel))
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
        Directory.Delete(fetched, recursive: true);
        Directory.Move(part, tree);
        return true;
    }

    private static ModuleKernel Unpacked(string version, string tree)
    {
        string release = Path.GetFileName(tree);
        string plain = release[..^(Flavour.Length + 1)];
        string headers = Path.Combine(tree, "usr/src", $"linux-headers-{release}");

        // Debian's is one line with the path that the package would be installed to.
        File.WriteAllText(
            Path.Combine(headers, "Makefile"),
            $"include {tree}/usr/src/linux-headers-{plain}-common/Makefile\n");
        GuestKernel kernel = new(
            version, release, Path.Combine(tree, "boot", $"vmlinuz-{release}"), tree);
        return new ModuleKernel(kernel, headers, Path.Combine(tree, "fuse"));
    }

    /// <summary>The number of this machine's Debian: 12.</summary>
    private static string DebianRelease()
    {
        string[] lines = File.Exists("/etc/os-release")
            ? File.ReadAllLines("/etc/os-release")
            : [];
        string? Value(string name) => lines
            .FirstOrDefault(line => line.StartsWith(name + "=", StringComparison.Ordinal))
            ?[(name.Length + 1)..].Trim('"');
        return Value("ID") == "debian" && Value("VERSION_ID") is { } number
            ? number
            : throw new MissingRequirementException(
                "a kernel module is built with Debian's headers on the same Debian; this is "
                + (Value("PRETTY_NAME") ?? "none"));
    }
}
