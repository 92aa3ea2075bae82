namespace HandleCache.Lab.Guests;

/// <summary>One boot of a kernel within a run.</summary>
/// <param name="Suffix">Behind the names of its checks; empty for the first.</param>
/// <param name="Settings">Those of the run, with what is different.</param>
internal sealed record GuestBoot(string Suffix, KernelLabOptions Settings)
{
    /// <summary>Scripts of a full run.</summary>
    private const int FullScripts = 300;

    private static readonly string[] Memory = ["slab", "layout"];

    private static readonly int[] OtherCpus = [1, 8];

    private static readonly (string Suffix, string Append)[] SlubSettings =
    [
        ("-debug", "slub_debug=FZPU"), ("-nomerge", "slab_nomerge"),
        ("-nokmem", "cgroup.memory=nokmem"),
    ];

    /// <summary>The settings; what is kept of each boot has a folder of its own.</summary>
    public KernelLabOptions Options => Settings with
    {
        Keep = Settings.Keep is { } keep ? Path.Combine(keep, Suffix.TrimStart('-')) : null,
    };

    /// <summary>
    /// One, or with <see cref="KernelLabOptions.Full"/> that with more scripts; two with other
    /// seeds; and the memory checks on other numbers of processors and with SLUB set otherwise.
    /// </summary>
    public static IReadOnlyList<GuestBoot> Of(KernelLabOptions options)
    {
        if (!options.Full)
            return [new GuestBoot("", options)];
        KernelLabOptions first = options with { Scripts = Math.Max(options.Scripts, FullScripts) };
        KernelLabOptions memory = first with { Checks = Memory };
        GuestBoot Seeded(ulong more) => new(
            FormattableString.Invariant($"-{more + 1}"),
            first with { Checks = ["validate"], Seed = options.Seed + more });
        return
        [
            new("", first), Seeded(1), Seeded(2),
            .. OtherCpus.Select(cpus => new GuestBoot(
                FormattableString.Invariant($"-cpu{cpus}"), memory with { Cpus = cpus })),
            .. SlubSettings.Select(set => new GuestBoot(
                set.Suffix, memory with { Append = $"{options.Append} {set.Append}".Trim() })),
        ];
    }
}
