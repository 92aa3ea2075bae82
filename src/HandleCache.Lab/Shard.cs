using System.Globalization;

namespace HandleCache.Lab;

/// <summary>
/// One part of a run that several processes share: of the numbered pieces of work 0, 1, 2, ...
/// those that are left over <see cref="Part"/> - 1 when divided by <see cref="Of"/>. A piece has
/// the same number, and so the same seed, as in the whole run.
/// </summary>
/// <param name="Part">From 1 on.</param>
/// <param name="Of">How many parts there are.</param>
public sealed record Shard(int Part, int Of)
{
    /// <summary>More would leave nothing to do for most.</summary>
    private const int Most = 100_000;

    /// <summary>All of the work.</summary>
    public static readonly Shard Whole = new(1, 1);

    public bool IsWhole => Of == 1;

    /// <summary>What cannot be divided is the first one's.</summary>
    public bool IsFirst => Part == 1;

    /// <param name="text">K/N.</param>
    /// <exception cref="BadInputException">Not that, or K is not 1 to N.</exception>
    public static Shard Parse(string text)
    {
        string[] words = text.Split('/');
        return words.Length == 2
            && int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out int part)
            && int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int of)
            && part >= 1 && part <= of && of <= Most
            ? new Shard(part, of)
            : throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"--shard '{text}': K/N, with K from 1 to N and N at most {Most}"));
    }

    /// <summary>How many of so many pieces are this part's.</summary>
    public int CountOf(int pieces) => (int)CountOf((long)pieces);

    /// <inheritdoc cref="CountOf(int)"/>
    public long CountOf(long pieces) => pieces <= Part - 1 ? 0 : ((pieces - Part) / Of) + 1;

    /// <summary>The number of this part's piece, counted from 0.</summary>
    public int NumberAt(int index) => checked((index * Of) + Part - 1);

    /// <summary>This part's of the pieces, in their order.</summary>
    public IEnumerable<T> Take<T>(IEnumerable<T> pieces) =>
        pieces.Where((_, number) => number % Of == Part - 1);

    /// <exception cref="BadInputException">There are fewer pieces than parts.</exception>
    public void RequireWork(int pieces, string what)
    {
        if (CountOf(pieces) == 0)
        {
            throw new BadInputException(string.Create(
                CultureInfo.InvariantCulture,
                $"--shard {this}: nothing to do, there are {pieces} {what}"));
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Part}/{Of}");
}
