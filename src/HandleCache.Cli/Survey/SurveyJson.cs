using HandleCache.Cli.Common;
using HandleCache.Lab.Survey;
using HandleCache.Model;

namespace HandleCache.Cli.Survey;

/// <summary>`survey` as one document.</summary>
internal static class SurveyJson
{
    public static object Of(SurveyRequest request, SurveyResult result, string? savedFile) => new
    {
        JsonOutput.SchemaVersion,
        How = ProfileSource.Measured,
        Kernel = new { Release = result.KernelRelease },
        Options = new
        {
            request.Paths,
            Xdev = request.StayInMount,
            request.Connectable,
            result.Workers,
            Save = savedFile,
        },
        Files = result.Objects,
        result.Directories,
        result.Errors,
        result.ErrorExamples,
        result.ElapsedSeconds,
        Lengths = Rows(result.Lengths),
        Connectable = request.Connectable ? Rows(result.Connectable) : null,
        Filesystems = result.FileSystems.Select(f => new
        {
            f.Type,
            f.Device,
            f.MountPoints,
            Files = f.Objects,
            f.WithoutHandle,
            Lengths = Rows(f.Lengths),
            Connectable = request.Connectable ? Rows(f.Connectable) : null,
            WithoutConnectable = request.Connectable ? f.WithoutConnectable : (long?)null,
        }),
    };

    private static IEnumerable<object> Rows(IReadOnlyList<SurveyLength> rows) =>
        rows.Select(row => new { Type = $"0x{row.Type:x}", row.Bytes, row.Count });
}
