namespace HandleCache.Lab.Plots;

/// <summary>A drawing of lines or bars, before it is a picture.</summary>
public sealed record Plot
{
    public required string Title { get; init; }

    /// <summary>A second line of the title; null for none.</summary>
    public string? Subtitle { get; init; }

    public required string XLabel { get; init; }

    public required string YLabel { get; init; }

    public required IReadOnlyList<PlotSeries> Series { get; init; }

    /// <summary>The values are percent: the axis goes to 100.</summary>
    public bool Percent { get; init; }

    /// <summary>
    /// Names of the bars where the plot has bars; a series then has a point for each. Null for
    /// lines.
    /// </summary>
    public IReadOnlyList<string>? Bars { get; init; }

    /// <summary>
    /// Tics of the axis of a plot of lines, in order; the axis goes from the first to the last.
    /// Null for what the points need.
    /// </summary>
    public IReadOnlyList<int>? X { get; init; }
}

/// <summary>One line, or one colour of bars.</summary>
/// <param name="Name">For the key.</param>
/// <param name="Points">In order of X; for bars X is the bar's number from 0.</param>
/// <param name="Steps">Draw a stair: the value holds until the next point.</param>
/// <param name="Marks">Draw the points alone.</param>
public sealed record PlotSeries(
    string Name,
    IReadOnlyList<(double X, double Y)> Points,
    bool Steps = false,
    bool Marks = false);
