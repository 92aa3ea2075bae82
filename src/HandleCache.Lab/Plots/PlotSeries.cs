namespace HandleCache.Lab.Plots;

/// <summary>One line, or one colour of bars.</summary>
/// <param name="Name">For the key.</param>
/// <param name="Points">In order of X; for bars X is the bar's number from 0.</param>
/// <param name="Steps">Draw a stair: the value holds until the next point.</param>
public sealed record PlotSeries(
    string Name, IReadOnlyList<(double X, double Y)> Points, bool Steps = false);
