using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using HandleCache.Lab.Differential;
using HandleCache.Lab.Validate;
using HandleCache.Model;
using HandleCache.Tests.Shared;
using Xunit;

namespace HandleCache.Kernel.Tests;

/// <summary>
/// The scripts that every series begins with show each fault that a script can show: so each run
/// of a series on a kernel asks for each rule. HANDLECACHE_ACCEPT=1 searches for them anew, where
/// the generator of scripts or the faults have changed.
/// </summary>
public sealed class ChosenScriptTests
{
    private const string Accept = "HANDLECACHE_ACCEPT";

    /// <summary>
    /// In how many scripts each is looked for: one may be given up on a busy machine.
    /// </summary>
    private const int Times = 2;

    /// <summary>How many of the first to choose from.</summary>
    private const int Enough = 6;

    private const int MostCandidates = 4_000;

    private static readonly ConcurrentDictionary<ulong, ScriptRun> Sound = [];

    private static string Source { get; } = Path.Combine(
        SourceFolder.Root, "src", "HandleCache.Lab", "Differential", "ChosenScripts.cs");

    private static IEnumerable<ModelFault> Shown => ValidateFaults.OfScripts;

    [Fact]
    public void Each_fault_that_scripts_show_is_shown_by_a_chosen_one()
    {
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            Search();
            return;
        }

        ulong[] seeds = ChosenScripts.Seeds.ToArray();
        string[] unseen = [.. Shown.AsParallel().Where(fault => !seeds.Any(
            seed => Shows(seed, Sound.GetOrAdd(seed, _ => ScriptRun.Of(Make(seed))), fault)))
            .Select(fault => fault.Name)];
        Assert.True(
            unseen.Length == 0,
            $"none shows {string.Join(", ", unseen)}: run this test with {Accept}=1");
    }

    /// <summary>Writes the source of <see cref="ChosenScripts"/> anew.</summary>
    private static void Search()
    {
        ConcurrentBag<(ulong Seed, string Fault)> found = [];
        Parallel.ForEach(Shown, new() { MaxDegreeOfParallelism = 2 }, fault =>
        {
            // No further than that: some faults let a script never end.
            int times = 0;
            for (ulong seed = 1; seed <= MostCandidates && times < Enough; seed++)
            {
                ScriptRun run = Sound.GetOrAdd(seed, _ => ScriptRun.Of(Make(seed)));
                if (!Shows(seed, run, fault))
                    continue;
                times++;
                found.Add((seed, fault.Name));
            }
        });

        Dictionary<ulong, string[]> shows = found.GroupBy(one => one.Seed)
            .ToDictionary(group => group.Key, group => group.Select(one => one.Fault).ToArray());
        StringBuilder lines = new();
        Dictionary<string, int> missing = found.GroupBy(one => one.Fault).ToDictionary(
            group => group.Key, group => Math.Min(Times, group.Count()));
        while (missing.Count > 0)
        {
            (ulong seed, string[] names) = shows
                .OrderByDescending(one => one.Value.Count(missing.ContainsKey))
                .ThenBy(one => Make(one.Key).Server.HasFiniteValidity)
                .ThenBy(one => one.Key)
                .Select(one => (one.Key, one.Value.Where(missing.ContainsKey).ToArray()))
                .First();
            shows.Remove(seed);
            foreach (string line in Wrapped(names))
                lines.Append("        // ").Append(line).Append('\n');
            lines.Append(CultureInfo.InvariantCulture, $"        {seed},\n");
            foreach (string name in names)
            {
                if (--missing[name] == 0)
                    missing.Remove(name);
            }
        }

        string text = File.ReadAllText(Source);
        int begin = text.IndexOf("    [\n", StringComparison.Ordinal) + 6;
        File.WriteAllText(
            Source,
            text[..begin] + lines + text[text.IndexOf("    ];", StringComparison.Ordinal)..]);
        Assert.Empty(Shown.Select(fault => fault.Name).Except(found.Select(one => one.Fault)));
    }

    private static IEnumerable<string> Wrapped(string[] names)
    {
        string line = "";
        foreach (string name in names.Order(StringComparer.Ordinal))
        {
            if (line.Length + name.Length > 84)
            {
                yield return line + ",";
                line = "";
            }

            line += line.Length == 0 ? name : $", {name}";
        }

        yield return line;
    }

    private static Script Make(ulong seed) => ScriptGenerator.Make(seed, ChosenScripts.Calls);

    private static bool Shows(ulong seed, ScriptRun sound, ModelFault fault)
    {
        ScriptRun faulty = ScriptRun.Of(Make(seed), new() { Faults = ModelFaults.Of(fault) });
        return !sound.LooksLike(faulty) || faulty.Errors.Count > 0;
    }
}
