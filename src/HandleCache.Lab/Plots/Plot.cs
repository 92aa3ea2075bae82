namespace HandleCache.Lab.Plots;

/// <summary>A drawing of lines or bars, before it is a picture.</summary>
public sealed record Plot
{
    public required string Title { get; init; }

    public required string XLabel { get; init; }

    public required string YLabel { get; init; }

    public required IReadOnlyList<PlotSeries> Series { get; init; }

    /// <summary>
    /// Names of the bars where the plot has bars; a series then has a point for each. Null for
    /// lines.
    /// </summary>
    public IReadOnlyList<string>? Bars { get; init; }
}
