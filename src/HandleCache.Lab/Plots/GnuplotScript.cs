using System.Globalization;
using System.Text;

namespace HandleCache.Lab.Plots;

/// <summary>The gnuplot script and the data file of a plot. Pure text.</summary>
public static class GnuplotScript
{
    private static readonly string[] Colors =
        ["#2f81f7", "#d55e00", "#1a9e6e", "#c35a9b", "#c98a00", "#3aa5d8", "#777777"];

    private const string MarkColor = "#000000";
    private const int FewBars = 6;
    private const int FirstDash = 8;
    private const double WideLine = 7;
    private const double ThinLine = 2;

    /// <summary>Blocks of "x y" lines, one per series, two blank lines between.</summary>
    public static string Data(Plot plot)
    {
        ArgumentNullException.ThrowIfNull(plot);
        StringBuilder text = new();
        foreach (PlotSeries series in plot.Series)
        {
            text.Append(CultureInfo.InvariantCulture, $"# {OneLine(series.Name)}\n");
            foreach ((double x, double y) in series.Points)
                text.Append(CultureInfo.InvariantCulture, $"{x} {y}\n");
            text.Append("\n\n");
        }

        return text.ToString();
    }

    /// <summary>A script that draws the data file to the picture.</summary>
    public static string Script(Plot plot, string dataFile, string pictureFile, bool svg)
    {
        ArgumentNullException.ThrowIfNull(plot);
        StringBuilder text = new();
        text.Append(svg
            ? "set terminal svg size 860,460 font 'sans-serif,14' background rgb 'white'\n"
            : "set terminal pngcairo size 1000,540 font 'sans-serif,11'\n");
        text.Append(CultureInfo.InvariantCulture, $"set output {Quote(pictureFile)}\n");
        string subtitle = plot.Subtitle is { } second ? $".\"\\n\".{Quote(second)}" : "";
        text.Append(CultureInfo.InvariantCulture,
            $"set title {Quote(plot.Title)}{subtitle} noenhanced\n");
        text.Append(CultureInfo.InvariantCulture, $"set xlabel {Quote(plot.XLabel)} noenhanced\n");
        text.Append(CultureInfo.InvariantCulture, $"set ylabel {Quote(plot.YLabel)} noenhanced\n");
        text.Append(plot.Series.Count == 1
                ? "set key off\n"
                : "set key outside below height 1 noenhanced\n")
            .Append("set xlabel offset 0,0.4\nset grid ytics\nset border 3\n");
        text.Append("set tics nomirror\nset offsets graph 0, 0, graph 0.05, 0\n");
        if (plot.Bars is { } bars)
            Bars(text, bars, plot.Percent);
        else
            Axis(text, plot.X);
        text.Append("plot ");
        for (int i = 0; i < plot.Series.Count; i++)
        {
            PlotSeries series = plot.Series[i];
            string color = Colors[i % Colors.Length];
            string style = plot.Bars is not null
                ? BarStyle(i, plot.Series.Count, color)
                : series.Marks
                ? $"using 1:2 with linespoints pt 6 ps 2 lw 2.5 lc rgb '{MarkColor}'"
                : series.Points.Count == 1
                    ? $"using 1:2 with points pt 7 ps 1.5 lc rgb '{color}'"
                    : LineStyle(i, series.Steps, color);
            text.Append(CultureInfo.InvariantCulture,
                $"{(i > 0 ? ", \\\n     " : "")}{Quote(dataFile)} index {i} {style} "
                + $"title {Quote(series.Name)}");
            if (plot.Percent)
                text.Append(PercentLabels(dataFile, i, plot.Series.Count));
        }

        return text.Append('\n').ToString();
    }

    private static void Axis(StringBuilder text, IReadOnlyList<int>? x) =>
        text.Append(x is { } given
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"set xrange [{given[0]}:{given[^1]}]\nset xtics ({string.Join(", ", given)})\n")
            : "set autoscale xfix\n");

    private static void Bars(StringBuilder text, IReadOnlyList<string> bars, bool percent)
    {
        text.Append("set style fill solid 0.9\n")
            .Append(percent
                ? "set offsets 0, 0, 0, 0\nset yrange [0:108]\nset ytics 0,20,100\n"
                : "set yrange [0:*]\n");

        // A few bars keep the width of bars.
        double margin = 0.6 + (0.5 * Math.Max(0, FewBars - bars.Count));
        text.Append(CultureInfo.InvariantCulture,
            $"set xrange [{-margin}:{bars.Count - 1 + margin}]\n");
        IEnumerable<string> tics = bars.Select((name, i) =>
            string.Create(CultureInfo.InvariantCulture, $"{Quote(name)} {i}"));
        text.Append(CultureInfo.InvariantCulture,
            $"set xtics ({string.Join(", ", tics)}) noenhanced\n");
    }

    /// <summary>
    /// Lines that lie upon each other: the first is wide and whole, each later one thinner with
    /// longer gaps, so that those below show.
    /// </summary>
    private static string LineStyle(int index, bool steps, string color)
    {
        string dashes = index == 0 || !steps
            ? "solid"
            : string.Create(CultureInfo.InvariantCulture, $"({FirstDash},{FirstDash * index})");
        double width = steps ? Math.Max(ThinLine, WideLine - (2 * index)) : ThinLine;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"using 1:2 with {(steps ? "steps" : "lines")} lw {width} dt {dashes} "
            + $"lc rgb '{color}'");
    }

    private static string BarStyle(int index, int count, string color)
    {
        (double width, double shift) = Place(index, count);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"using ($1+({shift:F4})):2:({width * 0.92:F4}) with boxes lc rgb '{color}'");
    }

    /// <summary>What each bar comes to, above it.</summary>
    private static string PercentLabels(string dataFile, int index, int count) => string.Create(
        CultureInfo.InvariantCulture,
        $", \\\n     {Quote(dataFile)} index {index} using ($1+({Place(index, count).Shift:F4}))"
        + $":2:(sprintf('%.3g %%', $2)) with labels offset 0,0.6 notitle");

    private static (double Width, double Shift) Place(int index, int count)
    {
        double width = 0.8 / count;
        return (width, ((index + 0.5) * width) - 0.4);
    }

    /// <summary>Single quotes: nothing is interpreted but the quote itself.</summary>
    private static string Quote(string text) =>
        $"'{OneLine(text).Replace("'", "''", StringComparison.Ordinal)}'";

    private static string OneLine(string text) =>
        text.Replace('\n', ' ').Replace('\r', ' ');
}
