using System.Globalization;
using System.Text.Json.Nodes;
using HandleCache.Cli.Common;
using HandleCache.Lab;

namespace HandleCache.Cli.Merge;

/// <summary>A document of some parts of a run, and the file it came from.</summary>
/// <param name="File">As it was named.</param>
/// <param name="Document">What it holds.</param>
/// <param name="Shard">Which parts.</param>
internal sealed record Part(string File, JsonObject Document, ShardJson Shard);

/// <summary>Puts the documents of parts together, field by field.</summary>
internal sealed class Merger
{
    private const string Undecided = "undecided";

    /// <summary>What each verdict that is no divergence ends with, if no part is missing.</summary>
    private static readonly string?[] Sound = ["match", "holds", null];

    private readonly MergeTable _table;
    private readonly IReadOnlyList<Part> _parts;
    private readonly int _first;

    private Merger(MergeTable table, IReadOnlyList<Part> parts, IReadOnlyList<int> missing)
    {
        (_table, _parts, Missing) = (table, parts, missing);
        _first = First();
    }

    /// <summary>Parts of the run that no document is about.</summary>
    public IReadOnlyList<int> Missing { get; }

    /// <summary>The whole, in the form of the command's document.</summary>
    public JsonObject Whole { get; private set; } = [];

    /// <summary>The command that ran.</summary>
    public string Command => _table.Command;

    /// <summary>How many parts the run has.</summary>
    public int Of => _parts[0].Shard.Of;

    /// <summary>Exit code that says the verdict.</summary>
    public int ExitCode => Verdict(Whole) switch
    {
        string verdict when verdict != Undecided && !Sound.Contains(verdict) =>
            Common.ExitCode.CheckFailed,
        Undecided => Common.ExitCode.Undecided,
        _ => Missing.Count > 0 ? Common.ExitCode.Undecided : Common.ExitCode.Success,
    };

    /// <exception cref="BadInputException">They are not parts of one run.</exception>
    public static Merger Run(IReadOnlyList<Part> parts)
    {
        Part one = parts[0];
        MergeTable table = MergeTable.All.FirstOrDefault(t => t.Command == one.Shard.Command)
            ?? throw new BadInputException(
                $"{one.File}: parts of {one.Shard.Command} cannot be put together");
        Dictionary<int, string> seen = [];
        foreach (Part part in parts)
        {
            if (part.Shard.Command != one.Shard.Command || part.Shard.Of != one.Shard.Of)
            {
                throw new BadInputException(
                    $"{part.File} is of {part.Shard.Command} --shard /{part.Shard.Of}, "
                    + $"{one.File} of {one.Shard.Command} --shard /{one.Shard.Of}");
            }

            foreach (int number in part.Shard.Parts)
            {
                if (!seen.TryAdd(number, part.File))
                {
                    throw new BadInputException(
                        $"part {number}/{part.Shard.Of} is in {seen[number]} and in {part.File}");
                }
            }
        }

        int[] missing =
            [.. Enumerable.Range(1, one.Shard.Of).Where(number => !seen.ContainsKey(number))];
        Merger merger = new(table, [.. parts.OrderBy(p => p.Shard.Parts.Min())], missing);
        merger.Whole = merger.Made([.. seen.Keys.Order()]);
        return merger;
    }

    private JsonObject Made(int[] parts)
    {
        JsonObject whole = Members("", [.. _parts.Select(p => p.Document)], "shard");
        if (Missing.Count > 0)
        {
            whole["shard"] = new JsonObject
            {
                ["command"] = Command,
                ["of"] = Of,
                ["parts"] = new JsonArray([.. parts.Select(n => (JsonNode)n)]),
            };
        }

        if (Command == "design")
            whole["answer"] = DesignAnswer.Of(_parts[0].Document, whole);
        return whole;
    }

    /// <summary>The part whose divergence is the whole run's first; 0 where none has one.</summary>
    private int First()
    {
        if (_table.Divergence is not { } where)
            return 0;
        int first = 0;
        long least = long.MaxValue;
        for (int i = 0; i < _parts.Count; i++)
        {
            JsonNode? found = where.Path.Split('.').Aggregate(
                (JsonNode?)_parts[i].Document, (node, name) => node?[name]);
            if (found is null)
                continue;
            long number = where.Number is { } field ? found[field]!.GetValue<long>() : i;
            if (number < least)
                (first, least) = (i, number);
        }

        return first;
    }

    private static string? Verdict(JsonObject document) => document["verdict"]?.GetValue<string>();

    /// <summary>An object from the same object of several documents.</summary>
    private JsonObject Members(string path, IReadOnlyList<JsonObject> all, string? except = null)
    {
        JsonObject made = [];
        foreach (string name in all.SelectMany(o => o.Select(m => m.Key)).Distinct())
        {
            if (name == except)
                continue;
            string at = path.Length == 0 ? name : $"{path}.{name}";
            if (Value(at, [.. all.Select(o => o[name])]) is { } value)
                made[name] = value;
        }

        return made;
    }

    private JsonNode? Value(string path, IReadOnlyList<JsonNode?> all)
    {
        JsonNode[] given = [.. all.OfType<JsonNode>()];
        return _table.Rules.GetValueOrDefault(path) switch
        {
            MergeRule.Add => Sum(given),
            MergeRule.Most => given.MaxBy(n => n.GetValue<double>())?.DeepClone(),
            MergeRule.Any => given.Any(n => n.GetValue<bool>()),
            MergeRule.All => given.All(n => n.GetValue<bool>()),
            MergeRule.Verdict => Worst(given),
            MergeRule.First => all.Count == _parts.Count
                ? (all[_first] ?? given.FirstOrDefault())?.DeepClone()
                : given.FirstOrDefault()?.DeepClone(),
            MergeRule.Shortest => given
                .MinBy(n => n["steps"]!.AsArray().Count)?.DeepClone(),
            MergeRule.Rows => Rows(path, given),
            MergeRule.Union => Union(given),
            // Somebody compared something, or nobody did.
            MergeRule.Again => path != "checks[].notCompared" || given.Length == all.Count
                ? given[0].DeepClone()
                : null,
            _ => SameIn(path, all),
        };
    }

    private JsonNode? SameIn(string path, IReadOnlyList<JsonNode?> all)
    {
        // Below it may be fields with rules of their own; and what differs is named.
        JsonObject[] objects = [.. all.OfType<JsonObject>()];
        if (objects.Length == all.Count)
            return Members(path, objects);
        int other = 1;
        while (other < all.Count && JsonNode.DeepEquals(all[0], all[other]))
            other++;
        if (other < all.Count && all.Count == _parts.Count)
        {
            throw new BadInputException(
                $"not parts of one run: {path} in {_parts[0].File} is {Shown(all[0])}, "
                + $"in {_parts[other].File} {Shown(all[other])}");
        }

        if (other < all.Count)
            throw new BadInputException($"not parts of one run: {path} differs");
        return all[0]?.DeepClone();
    }

    private JsonArray Rows(string path, JsonNode[] lists)
    {
        string[] names = _table.RowNames[path];
        JsonArray rows = [];
        foreach (IGrouping<string, JsonObject> same in lists
            .SelectMany(list => list.AsArray().Select(row => row!.AsObject()))
            .GroupBy(row => string.Join(' ', names.Select(n => row[n]!.ToJsonString()))))
        {
            rows.Add((JsonNode)Members(path + "[]", [.. same]));
        }

        return rows;
    }

    private static JsonArray Union(JsonNode[] lists)
    {
        List<JsonNode> items = [];
        foreach (JsonNode item in lists.SelectMany(list => list.AsArray()).OfType<JsonNode>())
        {
            if (!items.Exists(known => JsonNode.DeepEquals(known, item)))
                items.Add(item);
        }

        return new JsonArray([.. items.Select(item => item.DeepClone())]);
    }

    private static JsonNode Sum(JsonNode[] numbers)
    {
        long whole = 0;
        double sum = 0;
        bool isWhole = true;
        foreach (JsonNode number in numbers)
        {
            isWhole &= number.AsValue().TryGetValue(out long value);
            whole = checked(whole + value);
            sum += number.GetValue<double>();
        }

        // As read from a document: any type of number may be asked of it.
        return JsonNode.Parse(isWhole
            ? whole.ToString(CultureInfo.InvariantCulture)
            : Math.Round(sum, 1).ToString(CultureInfo.InvariantCulture))!;
    }

    private static string Worst(JsonNode[] verdicts)
    {
        string[] words = [.. verdicts.Select(v => v.GetValue<string>())];
        return words.FirstOrDefault(word => word != Undecided && !Sound.Contains(word))
            ?? (words.Contains(Undecided) ? Undecided : words[0]);
    }

    private static string Shown(JsonNode? node)
    {
        string text = node?.ToJsonString() ?? "absent";
        return text.Length <= 40
            ? text
            : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, 37)}...");
    }
}
