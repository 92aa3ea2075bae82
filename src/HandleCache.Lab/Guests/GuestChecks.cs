using System.Text.Json;
using HandleCache.Lab.Memory;
using HandleCache.Lab.Nfs;
using HandleCache.Lab.Validate;

namespace HandleCache.Lab.Guests;

/// <summary>The checks that run in a guest, and how their output is read.</summary>
internal static class GuestChecks
{
    /// <summary>A check: its commands, and what their output means.</summary>
    internal sealed record Check(
        string Name, IReadOnlyList<GuestCommand> Commands,
        Func<IReadOnlyDictionary<string, GuestOutput>, (GuestVerdict Verdict, string Detail)> Read)
    {
        /// <summary>Sets of modules that its commands load.</summary>
        public IReadOnlyList<string> Modules { get; init; } = [];
    }

    /// <summary>sysfs names of what `layout` derives for the inode as it is.</summary>
    private static readonly (string File, string Field)[] Geometry =
    [
        ("object_size", "sizeof"), ("slab_size", "slabSize"), ("order", "order"),
        ("objs_per_slab", "objectsPerSlab"),
    ];

    /// <summary>Of which one that is not 0 makes slots longer in a way that is not modelled.
    /// </summary>
    private static readonly string[] Debugging = ["red_zone", "poison", "store_user"];

    public static IReadOnlyList<string> Names { get; } =
    [
        "validate", "slab", "layout", "restart", "survey", "start-up", "nfs", "nfs-stateless",
    ];

    /// <summary>The checks of a run, in their order.</summary>
    /// <exception cref="BadInputException">An unknown name.</exception>
    public static IReadOnlyList<Check> Of(KernelLabOptions options)
    {
        string? unknown = options.Checks.FirstOrDefault(name => !Names.Contains(name));
        if (unknown is not null)
        {
            throw new BadInputException(
                $"unknown check '{unknown}'; known: {string.Join(", ", Names)}");
        }

        string validate = FormattableString.Invariant(
            $"handlecache validate --seed {options.Seed} --files 60 --directories 6 ")
            + FormattableString.Invariant(
                $"--operations 150 --scripts {options.Scripts} --dialect-scripts 0 --json");
        Check[] all =
        [
            new(
                "validate", [new("validate", validate, 3000)],
                outputs => outputs.TryGetValue("validate", out GuestOutput? output)
                    ? ReadValidate(output)
                    : (GuestVerdict.Failed, "it did not come to an end")),
            new(
                "slab", [new("slab", "handlecache slab --verify --json", 600)],
                outputs => outputs.TryGetValue("slab", out GuestOutput? output)
                    ? ReadSlab(output)
                    : (GuestVerdict.Failed, "it did not come to an end")),
            new(
                "layout",
                [
                    new("layout", "handlecache layout --json", 300),
                    new("sysfs", "cd /sys/kernel/slab/fuse_inode && cat "
                        + string.Join(' ', Geometry.Select(g => g.File).Concat(Debugging)), 60),
                ],
                ReadLayout),
            One("restart", FormattableString.Invariant(
                $"handlecache restart --kills {options.Kills} --seed 7 --json"), 1200),
            One("survey", "mkdir -p /scratch/t && echo x > /scratch/t/a && "
                + "handlecache survey --json /scratch/t", 120),
            StartUpCheck.Check,
            Nfs("nfs", options, ""),
            Nfs("nfs-stateless", options, " --stateless"),
        ];
        return options.Checks.Count == 0
            ? all
            : [.. all.Where(check => options.Checks.Contains(check.Name))];
    }

    private static Check One(string name, string line, int seconds) => new(
        name, [new GuestCommand(name, line, seconds)],
        outputs => outputs.TryGetValue(name, out GuestOutput? output)
            ? Read(output)
            : (GuestVerdict.Failed, "it did not come to an end"));

    /// <summary>A mount of these options under the kernel's NFS server.</summary>
    private static Check Nfs(string name, KernelLabOptions options, string mount) =>
        One(
            name,
            FormattableString.Invariant(
                $"{GuestJob.Load} {GuestModules.Nfs} && handlecache ")
                + FormattableString.Invariant(
                    $"{NfsExperiment.GuestCommandName} --seed {options.Seed}{mount}"),
            600) with
        {
            Modules = [GuestModules.Nfs],
        };

    /// <summary>By the program's exit codes.</summary>
    private static (GuestVerdict Verdict, string Detail) Read(GuestOutput output) =>
        output.ExitCode switch
        {
            0 => (GuestVerdict.Match, ""),
            1 => (GuestVerdict.Diverge, FirstDivergence(output)),
            3 => (GuestVerdict.NotOffered, Line(output.Error)),
            4 => (GuestVerdict.Undecided, Line(output.Error)),
            GuestJob.Still => (GuestVerdict.Failed, "nothing moved in the guest for 2 minutes"),
            _ when GuestJob.UsedUp.Contains(output.ExitCode) => (
                GuestVerdict.Failed,
                $"it was killed, or used up its processor time: {Line(output.Error)}"),
            _ => (GuestVerdict.Failed, $"exit {output.ExitCode}: {Line(output.Error)}"),
        };

    /// <summary>
    /// A match only where the scripts were compared with the modelled kernel: a part that was left
    /// out is no match of it.
    /// </summary>
    internal static (GuestVerdict Verdict, string Detail) ReadValidate(GuestOutput output)
    {
        if (output.ExitCode != 0)
            return Read(output);
        using JsonDocument document = JsonDocument.Parse(output.Text);
        foreach (JsonElement check in document.RootElement.GetProperty("checks").EnumerateArray())
        {
            string name = check.GetProperty("name").GetString() ?? "";
            if (name is ValidateChecks.Differential or ValidateChecks.InitOffer
                && check.GetProperty("compared").GetInt64() == 0)
            {
                return (
                    GuestVerdict.Undecided,
                    $"{name} not compared: {check.GetProperty("notCompared")}");
            }
        }

        return (GuestVerdict.Match, "");
    }

    /// <summary>The first cache that differs; what is not modelled is not compared.</summary>
    private static (GuestVerdict Verdict, string Detail) ReadSlab(GuestOutput output)
    {
        if (output.ExitCode != 1)
            return Read(output);
        using JsonDocument document = JsonDocument.Parse(output.Text);
        JsonElement[] mismatches =
            [.. document.RootElement.GetProperty("mismatches").EnumerateArray()];
        string Reason(JsonElement cache) => cache.GetProperty("reason").GetString() ?? "";
        if (mismatches.All(cache => Reason(cache) == SlabVerifyRow.DebugReason))
            return (GuestVerdict.NotOffered, SlabVerifyRow.DebugReason);
        JsonElement first = mismatches.First(cache => Reason(cache) != SlabVerifyRow.DebugReason);
        return (
            GuestVerdict.Diverge,
            $"{first.GetProperty("name").GetString()}: derived {first.GetProperty("derived")}, "
                + $"measured {first.GetProperty("measured")}");
    }

    private static (GuestVerdict Verdict, string Detail) ReadLayout(
        IReadOnlyDictionary<string, GuestOutput> outputs)
    {
        if (!outputs.TryGetValue("layout", out GuestOutput? layout)
            || !outputs.TryGetValue("sysfs", out GuestOutput? sysfs))
        {
            return (GuestVerdict.Failed, "it did not come to an end");
        }

        // A module without BTF cannot be laid out: the program says so with exit code 3.
        if (layout.ExitCode != 0)
            return Read(layout);
        string[] seen = sysfs.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (sysfs.ExitCode != 0 || seen.Length != Geometry.Length + Debugging.Length)
            return (GuestVerdict.Failed, $"sysfs: {Line(sysfs.Error)}");
        if (seen[Geometry.Length..].Any(flag => flag.Trim() != "0"))
            return (GuestVerdict.NotOffered, SlabVerifyRow.DebugReason);
        using JsonDocument document = JsonDocument.Parse(layout.Text);
        for (int i = 0; i < Geometry.Length; i++)
        {
            string derived = document.RootElement.GetProperty("today")
                .GetProperty(Geometry[i].Field).GetRawText();
            if (derived != seen[i].Trim())
            {
                return (
                    GuestVerdict.Diverge,
                    $"{Geometry[i].File}: {derived} derived, {seen[i].Trim()} in sysfs");
            }
        }

        return (GuestVerdict.Match, "");
    }

    /// <summary>The first check with mismatches, and its first one; else the last line.</summary>
    private static string FirstDivergence(GuestOutput output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output.Text);
            if (document.RootElement.TryGetProperty("checks", out JsonElement checks))
            {
                foreach (JsonElement check in checks.EnumerateArray())
                {
                    if (check.GetProperty("mismatches").GetInt64() == 0)
                        continue;
                    string first = check.TryGetProperty("firstMismatch", out JsonElement text)
                        ? text.ToString()
                        : "";
                    return $"{check.GetProperty("name").GetString()}: {first}";
                }
            }
        }
        catch (JsonException)
        {
            // It ended before it had a document to print.
        }

        return Line(output.Error.Length > 0 ? output.Error : output.Text);
    }

    private static string Line(string text) => text.TrimEnd().Split('\n')[^1].Trim();
}
