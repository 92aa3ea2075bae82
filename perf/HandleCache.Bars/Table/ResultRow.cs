namespace HandleCache.Bars.Table;

/// <summary>One measured figure, with its peers and its bar where it has them.</summary>
internal sealed record ResultRow
{
    public required string Name { get; init; }

    public required string Unit { get; init; }

    public required double Value { get; init; }

    public IReadOnlyList<Peer> Peers { get; init; } = [];

    /// <summary>The bar in words, and the figure held against it.</summary>
    public string? Bar { get; init; }

    public double? Figure { get; init; }

    /// <summary>
    /// The least and the most of the bar's figure, or of the value where it has none, where the row
    /// is the median of several processes.
    /// </summary>
    public IReadOnlyList<double>? Spread { get; init; }

    public bool? Met { get; init; }

    /// <summary>The cause, where the bar is not met.</summary>
    public string? Note { get; init; }

    /// <summary>The first rule of perf/README.md that the row breaks, or null.</summary>
    public string? Broken()
    {
        if (Bar is null != Met is null)
            return $"row '{Name}': 'bar' and 'met' go together";
        if (Bar is null && Figure is not null)
            return $"row '{Name}': a 'figure' needs its 'bar'";
        if (Spread is { } spread && (spread.Count != 2 || spread[0] > spread[1]))
            return $"row '{Name}': a 'spread' is the least and the most";
        return Met == false && string.IsNullOrWhiteSpace(Note)
            ? $"row '{Name}': a bar that is not met needs a 'note' with the cause"
            : null;
    }
}
