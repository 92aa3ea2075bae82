using System.Text.RegularExpressions;
using HandleCache.Lab.Plots;

namespace HandleCache.Cli.Report;

/// <summary>
/// gnuplot's SVG made fit for a page: no size of its own, no background, the page's colour for
/// lines and letters, no ids that another picture has, too.
/// </summary>
internal static partial class ReportSvg
{
    public static string Of(Plot plot)
    {
        string svg = Gnuplot.Svg(plot);
        svg = Prologue().Replace(svg, "");
        svg = Definitions().Replace(svg, "");
        svg = Background().Replace(svg, "");
        svg = Ids().Replace(svg, "");
        svg = Size().Replace(svg, "<svg role=\"img\" ", 1);
        svg = svg.Replace("color=\"black\"", "", StringComparison.Ordinal)
            .Replace("'black'", "'currentColor'", StringComparison.Ordinal)
            .Replace("\"black\"", "\"currentColor\"", StringComparison.Ordinal);
        return svg.Trim();
    }

    [GeneratedRegex(@"^<\?xml.*?\?>|<!DOCTYPE.*?>|<desc>.*?</desc>|<title>.*?</title>",
        RegexOptions.Singleline)]
    private static partial Regex Prologue();

    [GeneratedRegex("<defs>.*?</defs>", RegexOptions.Singleline)]
    private static partial Regex Definitions();

    [GeneratedRegex("<rect x=\"0\" y=\"0\"[^>]*/>")]
    private static partial Regex Background();

    [GeneratedRegex(" id=\"[^\"]*\"")]
    private static partial Regex Ids();

    [GeneratedRegex("<svg\\s+width=\"[^\"]*\"\\s+height=\"[^\"]*\"")]
    private static partial Regex Size();
}
