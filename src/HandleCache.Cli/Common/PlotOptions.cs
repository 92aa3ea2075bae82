using System.CommandLine;
using HandleCache.Lab;
using HandleCache.Lab.Plots;

namespace HandleCache.Cli.Common;

/// <summary>--plot and --keep-data, as every command that draws takes them.</summary>
internal sealed class PlotOptions
{
    private readonly Option<string?> _plot = new("--plot")
    {
        Description = "Also draw to FILE.svg or FILE.png (gnuplot)",
    };

    private readonly Option<bool> _keepData = new("--keep-data")
    {
        Description = "Keep gnuplot's script and data beside the plot: FILE.gp, FILE.dat",
    };

    public void AddTo(Command command)
    {
        command.Add(_plot);
        command.Add(_keepData);
    }

    /// <summary>Whether the plot can be drawn at all, before a long experiment.</summary>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(_plot) is { } file)
            Gnuplot.Require(file, parsed.GetValue(_keepData));
        else if (parsed.GetValue(_keepData))
            throw new BadInputException("--keep-data keeps what --plot FILE draws; give --plot");
    }

    public void Draw(ParseResult parsed, Func<Plot> plot)
    {
        if (parsed.GetValue(_plot) is { } file)
            Gnuplot.Draw(plot(), file, parsed.GetValue(_keepData));
    }
}
