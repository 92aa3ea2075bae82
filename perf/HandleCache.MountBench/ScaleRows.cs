using System.Globalization;
using System.Text.Json;

namespace HandleCache.MountBench;

/// <summary>Millions of files through a mount: <c>handlecache scale</c> as rows.</summary>
internal static class ScaleRows
{
    private const double ResidentBarMiB = 1536;
    private const int DescriptorBar = 8;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>No rows, and the reason as a note, where the machine lacks the memory.</summary>
    public static (ResultRow[] Rows, string? Note) Measure(string server, int files)
    {
        CultureInfo plain = CultureInfo.InvariantCulture;
        CommandResult run =
            Commands.Run(Limit, server, "scale", "--files", files.ToString(plain), "--json");
        if (run.ExitCode > 1)
            return ([], $"no figure for {files.ToString("N0", plain)} files: {run.Error.Trim()}");
        JsonElement measured =
            JsonDocument.Parse(run.Output).RootElement.GetProperty("measured");
        double residentMiB = Number(measured, "residentPeakBytes") / (1 << 20);
        double growth =
            Number(measured, "descriptorsPeak") - Number(measured, "descriptorsStart");
        string inodes = string.Create(
            plain, $"{Number(measured, "inodesPeak"):N0} inodes in the kernel at once");
        string name = string.Create(plain, $"{files:N0} files through the mount");
        return (
        [
            new ResultRow($"{name}: server and tap, resident", "MiB", Math.Round(residentMiB))
            {
                Bar = string.Create(plain, $"<= {ResidentBarMiB}"),
                Figure = Math.Round(residentMiB),
                Met = residentMiB <= ResidentBarMiB,
                Note = inodes,
            },
            new ResultRow($"{name}: descriptors more than after mounting", "descriptors", growth)
            {
                Bar = $"<= {DescriptorBar} (the runtime's own)",
                Figure = growth,
                Met = growth <= DescriptorBar,
                Note = inodes,
            },
        ], null);
    }

    private static double Number(JsonElement measured, string name) =>
        measured.GetProperty(name).GetDouble();
}
