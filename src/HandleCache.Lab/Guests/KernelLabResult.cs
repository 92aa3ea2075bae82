namespace HandleCache.Lab.Guests;

/// <summary>What `kernels` was asked.</summary>
public sealed record KernelLabOptions
{
    /// <summary>The kernels of Debian's that the model was seen on.</summary>
    public static IReadOnlyList<string> AllVersions { get; } =
    [
        "5.10", "6.1", "6.12", "6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3",
    ];

    /// <summary>Kernels by version, as Debian names them: 6.12.</summary>
    public IReadOnlyList<string> Versions { get; init; } = AllVersions;

    /// <summary>Checks by name; all of them where none is named.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>Processors of a guest.</summary>
    public int Cpus { get; init; } = 2;

    /// <summary>Random scripts of `validate`.</summary>
    public int Scripts { get; init; } = 60;

    public ulong Seed { get; init; } = 1;

    /// <summary>Servers that `restart` kills.</summary>
    public int Kills { get; init; } = 20;

    /// <summary>The program, compiled ahead of time into one file.</summary>
    public required string Program { get; init; }

    /// <summary>Packages and unpacked kernels are kept here.</summary>
    public required string Cache { get; init; }

    /// <summary>
    /// More seeds, processors and settings of SLUB: a boot for each (<see cref="KernelLab"/>).
    /// </summary>
    public bool Full { get; init; }

    /// <summary>Folder for console and results of each guest; null keeps neither.</summary>
    public string? Keep { get; init; }

    /// <summary>More of the kernel's command line.</summary>
    public string Append { get; init; } = "";
}

/// <summary>What one check came to on one kernel.</summary>
public enum GuestVerdict
{
    /// <summary>The model and the kernel agree.</summary>
    Match,

    /// <summary>They do not.</summary>
    Diverge,

    /// <summary>The kernel lacks what the check needs.</summary>
    NotOffered,

    /// <summary>The check was disturbed and did not come to an end.</summary>
    Undecided,

    /// <summary>The check did not run: no such package, the boot failed, bad input.</summary>
    Failed,
}

/// <summary>A cell of the matrix.</summary>
/// <param name="Kernel">The version asked for.</param>
/// <param name="Release">As the kernel names itself; empty where there is none.</param>
/// <param name="Check">The check.</param>
/// <param name="Verdict">What it came to.</param>
/// <param name="Detail">
/// The first divergence, or the reason; that the kernel was booted twice.
/// </param>
/// <param name="Command">What repeats it in the same kernel.</param>
public sealed record GuestRow(
    string Kernel, string Release, string Check, GuestVerdict Verdict, string Detail,
    string Command);

/// <summary>The matrix of kernels and checks.</summary>
public sealed record KernelLabResult(IReadOnlyList<GuestRow> Rows, KernelLabOptions Options)
{
    /// <summary>Nothing diverged and nothing failed; a kernel not to be had does neither.</summary>
    public bool Holds => Rows.Count > 0
        && Rows.All(row => row.Verdict is GuestVerdict.Match or GuestVerdict.NotOffered)
        && Rows.Any(row => row.Verdict == GuestVerdict.Match);

    /// <summary>Nothing was compared: no kernel is to be had, or none has what was asked for.
    /// </summary>
    public bool IsNothing => Rows.All(row => row.Verdict == GuestVerdict.NotOffered);

    /// <summary>match, not offered or diverge.</summary>
    public string Verdict => Holds ? "match" : IsNothing ? "not offered" : "diverge";
}
