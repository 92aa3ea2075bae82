using System.Text.Json;

namespace HandleCache.Lab.Guests;

/// <summary>The checks that run in a guest, and how their output is read.</summary>
internal static class GuestChecks
{
    /// <summary>A check: its commands, and what their output means.</summary>
    internal sealed record Check(
        string Name, IReadOnlyList<GuestCommand> Commands,
        Func<IReadOnlyDictionary<string, GuestOutput>, (GuestVerdict Verdict, string Detail)> Read);

    /// <summary>sysfs names of what `layout` derives for the inode as it is.</summary>
    private static readonly (string File, string Field)[] Geometry =
    [
        ("object_size", "sizeof"), ("slab_size", "slabSize"), ("order", "order"),
        ("objs_per_slab", "objectsPerSlab"),
    ];

    public static IReadOnlyList<string> Names { get; } =
        ["validate", "slab", "layout", "restart", "survey", "start-up"];

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
            One("validate", validate, 3000),
            One("slab", "handlecache slab --verify --json", 600),
            new(
                "layout",
                [
                    new("layout", "handlecache layout --json", 300),
                    new("sysfs", "cd /sys/kernel/slab/fuse_inode && cat "
                        + string.Join(' ', Geometry.Select(g => g.File)), 60),
                ],
                ReadLayout),
            One("restart", FormattableString.Invariant(
                $"handlecache restart --kills {options.Kills} --seed 7 --json"), 1200),
            One("survey", "mkdir -p /scratch/t && echo x > /scratch/t/a && "
                + "handlecache survey --json /scratch/t", 120),
            StartUpCheck.Check,
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

    /// <summary>By the program's exit codes.</summary>
    private static (GuestVerdict Verdict, string Detail) Read(GuestOutput output) =>
        output.ExitCode switch
        {
            0 => (GuestVerdict.Match, ""),
            1 => (GuestVerdict.Diverge, FirstDivergence(output)),
            3 => (GuestVerdict.NotOffered, Line(output.Error)),
            4 => (GuestVerdict.Undecided, Line(output.Error)),
            124 or 143 => (GuestVerdict.Failed, "the guest's time ran out"),
            _ => (GuestVerdict.Failed, $"exit {output.ExitCode}: {Line(output.Error)}"),
        };

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
        if (sysfs.ExitCode != 0 || seen.Length != Geometry.Length)
            return (GuestVerdict.Failed, $"sysfs: {Line(sysfs.Error)}");
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
