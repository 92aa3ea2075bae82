using HandleCache.Model.Handles;
using HandleCache.Model.Mixes;

namespace HandleCache.Benchmarks.Strategies;

/// <summary>
/// Which strategies and whose handles are compared: <c>--strategy LIST</c> and
/// <c>--handles FILE</c>, taken from the command line and put into the environment, where the
/// processes that BenchmarkDotNet starts find them.
/// </summary>
internal static class Choice
{
    private const string StrategyOption = "--strategy";
    private const string HandlesOption = "--handles";
    private const string StrategyVariable = "HANDLECACHE_STRATEGY";
    private const string HandlesVariable = "HANDLECACHE_HANDLES";

    /// <summary>Spelled as everywhere.</summary>
    public static IEnumerable<string> Strategies =>
        (Environment.GetEnvironmentVariable(StrategyVariable) ?? "inline:12,static:128,pointer")
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The mix of the file; half 8 and half 20 bytes where none is named.</summary>
    /// <exception cref="FormatException">The file is no mix.</exception>
    public static HandleMix Mix
    {
        get
        {
            if (Environment.GetEnvironmentVariable(HandlesVariable) is not { } file)
            {
                return new HandleMix
                {
                    Name = "half",
                    How = "derived",
                    Origin = "half as ext4, half as btrfs",
                    Lengths = [new(0x1, 8, 0.5), new(0x4d, 20, 0.5)],
                };
            }

            return HandleMixJson.TryParse(
                File.ReadAllBytes(file), out HandleMix? mix, out string? error)
                ? mix!
                : throw new FormatException($"{file}: {error}");
        }
    }

    /// <summary>What is left for BenchmarkDotNet.</summary>
    /// <exception cref="FormatException">No strategy, no mix, or a word is missing.</exception>
    /// <exception cref="IOException">There is no such file.</exception>
    public static string[] Take(string[] args)
    {
        List<string> left = [];
        for (int at = 0; at < args.Length; at++)
        {
            if (args[at] is not (StrategyOption or HandlesOption))
            {
                left.Add(args[at]);
                continue;
            }

            string option = args[at];
            if (++at == args.Length)
                throw new FormatException($"{option}: what?");
            Environment.SetEnvironmentVariable(
                option == StrategyOption ? StrategyVariable : HandlesVariable,
                option == StrategyOption ? args[at] : Path.GetFullPath(args[at]));
        }

        foreach (string word in Strategies)
            Parse(word);
        _ = Mix;
        return [.. left];
    }

    public static HandleStrategy Parse(string word) =>
        HandleStrategy.TryParse(word, out HandleStrategy strategy)
            ? strategy
            : throw new FormatException($"no strategy: {word}");
}
