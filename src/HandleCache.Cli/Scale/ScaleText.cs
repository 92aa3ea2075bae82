using System.Globalization;
using HandleCache.Lab.Scale;
using HandleCache.Server.Tap;

namespace HandleCache.Cli.Scale;

/// <summary>The plain text of scale, at most 80 columns.</summary>
internal static class ScaleText
{
    public static void Write(TextWriter output, ScaleResult result)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        void Row(string name, long value) =>
            output.WriteLine(string.Create(plain, $"{name,-44}{value,16:N0}"));

        output.WriteLine(string.Create(plain,
            $"kernel {result.Kernel}, synthetic tree, seed {result.Options.Seed}, measured"));
        Row("files", result.Options.Files);
        Row("objects walked by the client", result.Walked);
        Row("errors", result.WalkErrors);
        Row("seconds", (long)Math.Round(result.WalkSeconds));
        Row("inodes in the kernel at once (model)", result.InodesPeak);
        Row("requests", result.Requests);
        Row("nodeids forgotten meanwhile", result.Forgets);
        Row("server and tap, resident, mounted, KiB", result.ResidentStartBytes >> 10);
        Row("server and tap, resident, peak, KiB", result.ResidentPeakBytes >> 10);
        Row("of that the modelled cache, KiB", result.ModelBytes >> 10);
        output.WriteLine(string.Create(plain,
            $"{"resident bytes per inode",-44}{result.ResidentPerInode,16:F1}"));
        Row("descriptors, mounted", result.DescriptorsStart);
        Row("descriptors, most", result.DescriptorsPeak);
        foreach (CheckResult check in result.Checks)
        {
            output.WriteLine(string.Create(plain,
                $"check {check.Name,-24}{check.Compared,14:N0} compared,"
                + $"{check.Mismatches,6:N0} mismatches"));
        }

        output.WriteLine(result.Holds
            ? "verdict: it holds (at most 1.5 GiB, no more descriptors)"
            : "verdict: it does not hold");
    }
}

/// <summary>The JSON document of scale.</summary>
internal sealed record ScaleDocument(int SchemaVersion, ScaleResult Measured)
{
    public string Verdict => Measured.Holds ? "holds" : "fails";
}
