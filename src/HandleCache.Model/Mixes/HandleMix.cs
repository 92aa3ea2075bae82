using HandleCache.Model.Handles;

namespace HandleCache.Model.Mixes;

/// <summary>
/// Which handles the objects of a file system, or of a whole machine, have: types, lengths and
/// their shares. Immutable.
/// </summary>
public sealed record HandleMix
{
    /// <summary>How far the shares' sum may be from 1.</summary>
    public const double SumTolerance = 1e-6;

    /// <summary>
    /// The one spelling on the command line: a shipped name (<c>btrfs</c>), or a path.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>"measured" or "derived".</summary>
    public required string How { get; init; }

    /// <summary>Where the shares come from.</summary>
    public required string Origin { get; init; }

    /// <summary>Objects that were counted; null where none were.</summary>
    public long? Objects { get; init; }

    /// <summary>Plain handles; the shares add up to 1.</summary>
    public required IReadOnlyList<HandleShare> Lengths { get; init; }

    /// <summary>AT_HANDLE_CONNECTABLE handles, where they are known; else empty.</summary>
    public IReadOnlyList<HandleShare> Connectable { get; init; } = [];

    /// <summary>Longest handle of the mix, in bytes.</summary>
    public int LongestBytes => Lengths.Count == 0 ? 0 : Lengths.Max(row => row.Bytes);

    /// <summary>The same objects with their connectable handles.</summary>
    public HandleMix OfConnectable() => this with { Lengths = Connectable, Connectable = [] };

    /// <summary>The average of a figure that depends on the handle's length.</summary>
    public double Mean(Func<int, double> ofLength)
    {
        ArgumentNullException.ThrowIfNull(ofLength);
        double sum = 0;
        foreach (HandleShare row in Lengths)
            sum += row.Share * ofLength(row.Bytes);
        return sum;
    }

    /// <summary>The share of the objects whose handle is stored so.</summary>
    public double ShareOf(HandleStrategy strategy, HandleStorage storage)
    {
        double sum = 0;
        foreach (HandleShare row in Lengths)
            sum += strategy.StorageOf(row.Bytes) == storage ? row.Share : 0;
        return sum;
    }

    /// <summary>
    /// The row of each of <paramref name="count"/> objects, interleaved so that after any number
    /// of them every row has had its share to within one object.
    /// </summary>
    public IEnumerable<HandleShare> Spread(long count)
    {
        double[] owed = new double[Lengths.Count];
        for (long i = 0; i < count; i++)
        {
            int most = 0;
            for (int row = 0; row < owed.Length; row++)
            {
                owed[row] += Lengths[row].Share;
                if (owed[row] > owed[most])
                    most = row;
            }

            owed[most] -= 1;
            yield return Lengths[most];
        }
    }
}

/// <summary>A part of a mix: handles of one type and length.</summary>
/// <param name="Type">All 32 bits of handle_type.</param>
/// <param name="Bytes">Length, 0..128.</param>
/// <param name="Share">Share of all objects, 0..1.</param>
public readonly record struct HandleShare(uint Type, int Bytes, double Share);
