using System.CommandLine;
using HandleCache.Lab;

namespace HandleCache.Cli.Common;

/// <summary>--shard K/N: one part of a run; `merge` puts the parts' documents together.</summary>
internal sealed class ShardOption
{
    private readonly Option<string?> _option = new("--shard")
    {
        HelpName = "k/n",
    };

    /// <param name="divided">What is divided.</param>
    public ShardOption(string divided) =>
        _option.Description = $"Do part K of N of the {divided}; merge puts the parts together";

    public void AddTo(Command command) => command.Add(_option);

    /// <exception cref="BadInputException">Not K/N.</exception>
    public Shard Of(ParseResult parsed) =>
        parsed.GetValue(_option) is { } text ? Shard.Parse(text) : Shard.Whole;
}

/// <summary>Which parts of a divided run a document is about; null for a whole run.</summary>
/// <param name="Command">The command that ran.</param>
/// <param name="Of">How many parts there are.</param>
/// <param name="Parts">Those that are here, from 1 on.</param>
internal sealed record ShardJson(string Command, int Of, IReadOnlyList<int> Parts)
{
    public static ShardJson? From(string command, Shard shard) =>
        shard.IsWhole ? null : new ShardJson(command, shard.Of, [shard.Part]);
}
