using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using HandleCache.Cli.Merge;
using HandleCache.Lab.Tests.Drive;
using Xunit;

namespace HandleCache.Cli.Tests;

/// <summary>The parts of a run with --shard, put together, are that run.</summary>
public sealed class MergeTests(ToyServer toy) : IClassFixture<ToyServer>, IDisposable
{
    private static readonly string[] Model =
        ["restart", "--model", "--histories", "4", "--dialect", "v2"];

    /// <summary>Numbers that are no counts: they are the same in every part.</summary>
    private static readonly string[] NoCounts = ["schemaVersion", "seed"];

    private static readonly ConcurrentDictionary<string, Cli.Outcome> Ran = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("handlecache-merge-")
        .FullName;

    public static TheoryData<string[]> Divisible() => new()
    {
        { Model },
        { [.. Model, "--no-parent-handle", "--seed", "9"] },
        { ["design", "v2", "--filesystem", "ext4", "--kernel", "6.18", "--histories", "7"] },
    };

    public static TheoryData<string> Commands() => [.. MergeTable.All.Select(t => t.Command)];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Divisible))]
    public void Parts_put_together_are_the_document_of_the_whole_run(string[] run)
    {
        string[] parts = Parts(3, run);
        Cli.Outcome merged = Cli.Run(["merge", "--json", parts[2], parts[0], parts[1]]);
        Assert.True(merged.ExitCode == 0, merged.Error);
        DocumentSchema.AssertValid("merge", JsonNode.Parse(merged.Output)!);
        JsonNode whole = JsonNode.Parse(Output([.. run, "--json"]).Output)!;
        JsonNode found = JsonNode.Parse(merged.Output)!;
        // Of histories as short as each other any part's may be shown.
        JsonNode[] withCounterexamples = run[0] == "restart" ? [whole, found] : [];
        foreach (JsonNode document in withCounterexamples)
        {
            foreach (JsonNode? row in document["rows"]!.AsArray())
                row!.AsObject().Remove("counterexample");
        }

        Assert.Equal(whole.ToJsonString(), found.ToJsonString());
    }

    [Fact]
    public void The_shortest_counterexample_of_all_parts_is_kept()
    {
        string[] parts = Parts(3, [.. Model, "--no-parent-handle", "--seed", "9"]);
        int[] steps = [.. parts.SelectMany(f => Steps(File.ReadAllText(f)))];
        Assert.NotEmpty(steps);
        Assert.Equal(
            steps.Min(), Steps(Cli.Run(["merge", "--json", .. parts]).Output).Min());
    }

    [Fact]
    public void What_is_put_together_may_be_put_together_again()
    {
        string[] parts = Parts(3, Model);
        string two = Path.Combine(_folder, "two");
        Cli.Outcome some = Cli.Run("merge", "--json", parts[0], parts[2]);
        File.WriteAllText(two, some.Output);
        Assert.Equal(
            Cli.Run("merge", "--json", parts[0], parts[1], parts[2]).Output,
            Cli.Run("merge", "--json", parts[1], two).Output);
    }

    [Fact]
    public void Every_script_of_drive_is_driven_by_one_part_and_the_first_finding_is_kept()
    {
        string[] options = ["drive", "--scripts", "12", "--patience", "60"];
        string[] sound = Parts(4, [.. options], ["--", .. toy.Command("none")]);
        JsonNode whole = JsonNode.Parse(
            Cli.Run([.. options, "--json", "--", .. toy.Command("none")]).Output)!;
        JsonNode merged = JsonNode.Parse(Cli.Run(["merge", "--json", .. sound]).Output)!;
        Assert.Equal(12, merged["scripts"]!.GetValue<int>());
        Assert.Equal(whole["calls"]!.ToJsonString(), merged["calls"]!.ToJsonString());
        Assert.Equal("match", merged["verdict"]!.GetValue<string>());

        string[] broken = Parts(4, [.. options], ["--", .. toy.Command("early")]);
        int[] found = [.. broken.Select(f => JsonNode.Parse(File.ReadAllText(f))!["finding"])
            .OfType<JsonNode>().Select(f => f["script"]!.GetValue<int>())];
        Cli.Outcome outcome = Cli.Run(["merge", "--json", .. broken]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.True(found.Length > 1);
        Assert.Equal(
            found.Min(), JsonNode.Parse(outcome.Output)!["finding"]!["script"]!.GetValue<int>());
    }

    [Fact]
    public void The_rounds_of_a_hostile_soak_are_each_one_parts()
    {
        // Six rounds of 1000, two a part.
        string[] run = ["soak", "--messages", "6000", "--surface", "design", "--seed", "5"];
        JsonNode whole = JsonNode.Parse(Output([.. run, "--json"]).Output)!;
        JsonNode merged = JsonNode.Parse(Cli.Run(["merge", "--json", .. Parts(3, run)]).Output)!;
        DocumentSchema.AssertValid("merge", merged);
        Assert.Equal(6000, merged["messages"]!.GetValue<int>());
        Assert.Equal("holds", merged["verdict"]!.GetValue<string>());
        Assert.Equal(
            whole["surfaces"]![0]!["taken"]!.ToJsonString(),
            merged["surfaces"]![0]!["taken"]!.ToJsonString());
    }

    [Fact]
    public void A_missing_part_is_named_and_leaves_the_verdict_open()
    {
        string[] parts = Parts(3, Model);
        Cli.Outcome outcome = Cli.Run("merge", parts[2]);
        Assert.Equal(4, outcome.ExitCode);
        Assert.Equal(
            "handlecache: part 1/3 is missing\nhandlecache: part 2/3 is missing\n", outcome.Error);
        Assert.Contains("verdict: holds, of the", outcome.Output, StringComparison.Ordinal);
        Cli.AssertPlainText(outcome.Output.Replace(_folder, "", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_part_of_one_run_is_bad_input_and_says_why()
    {
        string[] parts = Parts(3, Model);
        string other = Part("other", "2/3", [.. Model, "--seed", "9", "--no-parent-handle"]);
        string three = Part("three", "2/2", Model);
        string whole = Path.Combine(_folder, "whole");
        File.WriteAllText(whole, Output([.. Model, "--json"]).Output);
        string failed = Path.Combine(_folder, "failed");
        File.WriteAllText(failed, Cli.Run("sweep", "--json").Output);
        foreach ((string file, string says) in new[]
        {
            (parts[0], "part 1/3 is in"), (other, "options."), (three, "--shard /2"),
            (whole, "not of a run with --shard"), (failed, "that part has no result"),
            (Path.Combine(_folder, "none"), "none"),
        })
        {
            Cli.Outcome outcome = Cli.Run("merge", parts[0], file);
            Assert.Equal(2, outcome.ExitCode);
            Assert.Contains(says, outcome.Error, StringComparison.Ordinal);
            Assert.Equal("", outcome.Output);
        }
    }

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("1")]
    [InlineData("-1/2")]
    [InlineData("100/200")]
    public void A_shard_that_is_none_or_has_no_work_is_bad_input(string shard)
    {
        Cli.Outcome outcome = Cli.Run([.. Model, "--shard", shard]);
        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains("--shard", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_divided_says_so()
    {
        Assert.Equal(2, Cli.Run("restart", "--shard", "1/2").ExitCode);
        Assert.Equal(2, Cli.Run("validate", "--shard", "1/2").ExitCode);
        Assert.Equal(2, Cli.Run("drive", "--hostile", "--shard", "1/2", "--", "true").ExitCode);
        Assert.Equal(2, Cli.Run("soak", "--minutes", "1", "--shard", "1/2").ExitCode);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Every_count_of_a_divided_document_has_a_rule(string command)
    {
        MergeTable table = MergeTable.All.Single(t => t.Command == command);
        JsonNode schema = JsonNode.Parse(DocumentSchema.TextOf(command))!
            ["$defs"]![table.Document.Name]!;
        // The tables of `design` are about the design, not about histories.
        string[] counts = [.. Numbers("", schema).Where(path => command != "design"
            || path.StartsWith("safety.", StringComparison.Ordinal))];
        Assert.NotEmpty(counts);
        string[] without =
        [
            .. counts.Where(path => !NoCounts.Contains(path)
                && !path.StartsWith("options.", StringComparison.Ordinal)
                && path is not ("safety.histories" or "safety.mostSteps" or "safety.seed")
                && !HasRule(table, path)),
        ];
        Assert.True(without.Length == 0, string.Join(", ", without));
    }

    /// <summary>Its own, or that of something it lies in which is taken as it is.</summary>
    private static bool HasRule(MergeTable table, string path) => table.Rules.Any(rule =>
        rule.Key == path || (rule.Value is MergeRule.First or MergeRule.Union or MergeRule.Shortest
            && (path.StartsWith(rule.Key + ".", StringComparison.Ordinal)
                || path.StartsWith(rule.Key + "[]", StringComparison.Ordinal))));

    private static IEnumerable<string> Numbers(string path, JsonNode schema)
    {
        if (schema["type"]?.ToString() is "integer" or "number" or "boolean")
            yield return path;
        if (schema["items"] is { } items)
        {
            foreach (string number in Numbers(path + "[]", items))
                yield return number;
        }

        if (schema["properties"] is not JsonObject properties)
            yield break;
        foreach ((string name, JsonNode? member) in properties)
        {
            if (path.Length == 0 && (name is "shard" or "hostile"))
                continue;
            // What names a row is no count.
            string at = path.Length == 0 ? name : $"{path}.{name}";
            if (path == "rows[]" && name is "carriesHandles" or "handleInEveryRequest"
                or "persistentHandles" or "wrongObjectExpected")
            {
                continue;
            }

            foreach (string number in Numbers(at, member!))
                yield return number;
        }
    }

    private static IEnumerable<int> Steps(string document) =>
        JsonNode.Parse(document)!["rows"]!.AsArray().Select(row => row!["counterexample"])
            .OfType<JsonNode>().Select(found => found["steps"]!.AsArray().Count);

    /// <summary>What a command prints, run once for all tests.</summary>
    private static Cli.Outcome Output(string[] arguments) => Ran.GetOrAdd(
        string.Join('\n', arguments), _ => Cli.Run(arguments));

    private string[] Parts(int of, string[] run, string[]? behind = null) =>
        [.. Enumerable.Range(1, of).Select(k => Part($"{k}-{of}", $"{k}/{of}", run, behind))];

    private string Part(string name, string shard, string[] run, string[]? behind = null)
    {
        string file = Path.Combine(_folder, $"{run[0]}-{name}-{behind?[^1]}");
        Cli.Outcome outcome = Output([.. run, "--shard", shard, "--json", .. behind ?? []]);
        Assert.True(outcome.ExitCode is 0 or 1, outcome.Error);
        File.WriteAllText(file, outcome.Output);
        return file;
    }
}
