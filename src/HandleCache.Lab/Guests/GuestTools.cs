namespace HandleCache.Lab.Guests;

/// <summary>Programs of the machine that guests need, and the packages they are in.</summary>
internal static class GuestTools
{
    /// <summary>To fetch a kernel and boot it.</summary>
    public static readonly (string File, string Package)[] ToBoot =
    [
        ("qemu-system-x86_64", "qemu-system-x86"), ("busybox", "busybox-static"),
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
            .. needed.Where(tool => !Places.Any(
                folder => File.Exists(Path.Combine(folder, tool.File)))),
        ];
        if (missing.Length > 0)
        {
            throw new MissingRequirementException(
                $"{string.Join(", ", missing.Select(tool => tool.File))} missing: apt-get install "
                + string.Join(' ', missing.Select(tool => tool.Package)));
        }

        if (!File.Exists(program))
            throw new BadInputException($"{program}: no such file");
        string loader = ElfInterpreter.Of(program)
            ?? throw new BadInputException($"{program}: not an ELF program");
        if (loader.Length > 0)
        {
            throw new BadInputException(
                $"{program}: it needs {loader}, which a guest has not; eng/publish makes a program "
                + "that needs none");
        }
    }
}
