namespace HandleCache.Lab.Guests;

/// <summary>Programs of the machine that guests need, and the packages they are in.</summary>
internal static class GuestTools
{
    private const string BusyboxFile = "busybox";

    /// <summary>To fetch a kernel and boot it.</summary>
    public static readonly (string File, string Package)[] ToBoot =
    [
        ("qemu-system-x86_64", "qemu-system-x86"), (BusyboxFile, "busybox-static"),
        ("apt-get", "apt"), ("dpkg-deb", "dpkg"),
    ];

    /// <summary>To build a module for it, too.</summary>
    public static readonly (string File, string Package)[] ToBuild =
        [.. ToBoot, ("gcc", "gcc"), ("make", "make"), ("tar", "tar"), ("xz", "xz-utils")];

    private static readonly string[] Places = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <exception cref="BadInputException">The program is none, or no guest can run it.</exception>
    /// <exception cref="MissingRequirementException">
    /// A tool is missing; the message names all the packages.
    /// </exception>
    public static void Require((string File, string Package)[] needed, string program)
    {
        (string File, string Package)[] missing =
        [
            .. needed.Where(tool => Find(tool.File) is null),
        ];
        if (missing.Length > 0)
        {
            throw new MissingRequirementException(
                $"{string.Join(", ", missing.Select(tool => tool.File))} missing: apt-get install "
                + string.Join(' ', missing.Select(tool => tool.Package)));
        }

        if (needed.Any(tool => tool.File == BusyboxFile))
            RequireBusybox(Busybox);
        if (!File.Exists(program))
            throw new BadInputException($"{program}: no such file");
        string loader = Loader(program)
            ?? throw new BadInputException($"{program}: no program for x86-64");
        if (loader.Length > 0)
        {
            throw new BadInputException(
                $"{program}: it needs {loader}, which a guest has not; eng/publish makes a program "
                + "that needs none");
        }
    }

    /// <summary>The shell and the tools of a guest.</summary>
    /// <exception cref="MissingRequirementException">It is not installed.</exception>
    public static string Busybox => Find(BusyboxFile)
        ?? throw new MissingRequirementException(
            $"{BusyboxFile} missing: apt-get install busybox-static");

    /// <summary>Debian has a busybox that needs a C library, too.</summary>
    internal static void RequireBusybox(string path)
    {
        if (ElfInterpreter.Of(path) is not "")
        {
            throw new MissingRequirementException(
                $"{path} needs a loader, which a guest has not: apt-get install busybox-static");
        }
    }

    private static string? Find(string file) =>
        Places.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static string? Loader(string program)
    {
        try
        {
            return ElfInterpreter.Of(program);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{program}: {e.Message}", e);
        }
    }
}
