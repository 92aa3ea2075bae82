using HandleCache.Lab.Survey;
using HandleCache.Model;

namespace HandleCache.Cli.Survey;

/// <summary>`survey` as one document.</summary>
internal sealed record SurveyDocument(
    int SchemaVersion,
    string How,
    SurveyDocument.KernelName Kernel,
    SurveyDocument.SurveyChoices Options,
    long Files,
    long Directories,
    long Errors,
    IReadOnlyList<string> ErrorExamples,
    double ElapsedSeconds,
    IReadOnlyList<SurveyDocument.SurveyRowJson> Lengths,
    IReadOnlyList<SurveyDocument.SurveyRowJson>? Connectable,
    IReadOnlyList<SurveyDocument.FileSystem> Filesystems)
{
    public static SurveyDocument Of(
        SurveyRequest request, SurveyResult result, string? savedFile) => new(
        JsonOutput.SchemaVersion,
        ProfileSource.Measured,
        new KernelName(result.KernelRelease),
        new SurveyChoices(
            request.Paths, request.StayInMount, request.Connectable, result.Workers, savedFile),
        result.Objects,
        result.Directories,
        result.Errors,
        result.ErrorExamples,
        result.ElapsedSeconds,
        RowsOf(result.Lengths),
        request.Connectable ? RowsOf(result.Connectable) : null,
        [.. result.FileSystems.Select(f => new FileSystem(
            f.Type,
            f.Device,
            f.MountPoints,
            f.Objects,
            f.WithoutHandle,
            RowsOf(f.Lengths),
            request.Connectable ? RowsOf(f.Connectable) : null,
            request.Connectable ? f.WithoutConnectable : null))]);

    private static SurveyRowJson[] RowsOf(IReadOnlyList<SurveyLength> rows) =>
        [.. rows.Select(row => new SurveyRowJson($"0x{row.Type:x}", row.Bytes, row.Count))];

    internal sealed record KernelName(string Release);

    internal sealed record SurveyChoices(
        IReadOnlyList<string> Paths, bool Xdev, bool Connectable, int Workers, string? Save);

    internal sealed record SurveyRowJson(string Type, int Bytes, long Count);

    internal sealed record FileSystem(
        string Type, string Device, IReadOnlyList<string> MountPoints, long Files,
        long WithoutHandle, IReadOnlyList<SurveyRowJson> Lengths,
        IReadOnlyList<SurveyRowJson>? Connectable, long? WithoutConnectable);
}
