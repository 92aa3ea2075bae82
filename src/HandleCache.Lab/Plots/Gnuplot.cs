using System.ComponentModel;
using System.Diagnostics;

namespace HandleCache.Lab.Plots;

/// <summary>Draws plots by running gnuplot(1).</summary>
public static class Gnuplot
{
    private const string Program = "gnuplot";
    private const int TimeoutMs = 60_000;

    private const string Data = ".dat";
    private const string Script = ".gp";

    /// <summary>Checks that a picture can be drawn under this name, before work is begun.</summary>
    /// <exception cref="BadInputException">Neither .svg nor .png; not writable.</exception>
    /// <exception cref="MissingRequirementException">gnuplot is not installed.</exception>
    public static void Require(string pictureFile, bool keepData)
    {
        _ = IsSvg(pictureFile);
        ResultPlace.RequireFile(pictureFile);
        if (keepData)
        {
            ResultPlace.RequireFile(pictureFile + Data);
            ResultPlace.RequireFile(pictureFile + Script);
        }

        Require();
    }

    /// <exception cref="MissingRequirementException">gnuplot is not installed.</exception>
    public static void Require() => Run(["--version"]);

    /// <summary>
    /// Writes the picture; with <paramref name="keepData"/> also script and data beside it
    /// (FILE.gp, FILE.dat), where they can be run again.
    /// </summary>
    /// <exception cref="BadInputException">A name that is no picture, or not writable.</exception>
    /// <exception cref="MissingRequirementException">gnuplot is missing or fails.</exception>
    public static void Draw(Plot plot, string pictureFile, bool keepData)
    {
        bool svg = IsSvg(pictureFile);
        string picture = Path.GetFullPath(pictureFile);
        string folder = Directory.CreateTempSubdirectory("handlecache-plot-").FullName;
        try
        {
            string stem = keepData ? picture : Path.Combine(folder, "plot");
            string data = stem + Data;
            string script = stem + Script;
            File.WriteAllText(data, GnuplotScript.Data(plot));
            File.WriteAllText(script, GnuplotScript.Script(plot, data, picture, svg));
            Run([script]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{pictureFile}: {e.Message}", e);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The picture as text, for a page that holds it.</summary>
    /// <exception cref="MissingRequirementException">gnuplot is missing or fails.</exception>
    public static string Svg(Plot plot)
    {
        string folder = Directory.CreateTempSubdirectory("handlecache-plot-").FullName;
        try
        {
            string picture = Path.Combine(folder, "plot.svg");
            Draw(plot, picture, keepData: false);
            return File.ReadAllText(picture);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsSvg(string pictureFile) =>
        Path.GetExtension(pictureFile) switch
        {
            ".svg" => true,
            ".png" => false,
            _ => throw new BadInputException($"{pictureFile}: a plot is FILE.svg or FILE.png"),
        };

    private static void Run(IReadOnlyList<string> arguments)
    {
        ProcessStartInfo start = new(Program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(TimeoutMs))
            {
                process.Kill();
                process.WaitForExit();
                throw new MissingRequirementException("gnuplot did not end within 60 s");
            }

            output.GetAwaiter().GetResult();
            string said = error.GetAwaiter().GetResult();
            if (process.ExitCode != 0)
                throw new MissingRequirementException($"gnuplot failed: {said.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new MissingRequirementException(
                "plots need gnuplot: apt-get install gnuplot-nox", e);
        }
    }
}
