using HandleCache.Lab.Kernels;
using HandleCache.Lab.Mixes;
using HandleCache.Model.Handles;
using HandleCache.Model.Replay;
using HandleCache.Model.Slab;
using HandleCache.Protocol.Traces;

namespace HandleCache.Lab.Replay;

/// <summary>Recorded or imported traffic through the model, at memory speed.</summary>
public static class ReplayExperiment
{
    /// <summary>Inodes that an imported trace may cache where nothing is said.</summary>
    public const int DefaultInodes = 100_000;

    /// <exception cref="BadInputException">
    /// The trace is refused (file and offset are named), an unknown kernel, numbers out of range.
    /// </exception>
    /// <exception cref="MissingRequirementException">The running kernel cannot be read.</exception>
    /// <exception cref="TraceFileException">The saved trace could not be written whole.</exception>
    public static ReplayResult Run(
        ReplayRequest request, Action<string> report, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        Check(request);
        KernelProfile kernel = KernelProfiles.Load(request.Kernel);
        MixedHandles? handles = request.FileSystem is null && request.HandlesFile is null
            ? null
            : new MixedHandles(
                FileSystemMixes.Choose(request.FileSystem, request.HandlesFile, false));
        List<ReplayRow> rows = [];
        TraceFileFormat format = TraceFileFormat.Auto;
        long bytes = 0;
        foreach (HandleStrategy strategy in request.Strategies.Distinct())
        {
            using TraceFile file = TraceFile.Open(request.Trace, request.Format);
            using ReplayRun run = new(
                request.Trace, strategy, request.IndexByHandle, handles, cancel);
            format = file.Format;
            bool isImport = format == TraceFileFormat.OracleGeneral;
            if (isImport && handles is not null)
            {
                throw new BadInputException(
                    "the handles of an imported trace go by the objects' sizes; --filesystem and "
                    + "--handles are for a recorded one");
            }

            if (isImport)
                Import(request, file, run, rows.Count == 0 ? request.Save : null, report, cancel);
            else if (request.Inodes is not null || request.Save is not null)
                throw new BadInputException("--inodes and --save go with an imported trace");
            else
                file.Replay(run);
            rows.Add(run.Row(kernel, request.Header, isImport));
            bytes = file.BytesRead;
        }

        return new ReplayResult(
            format, bytes, kernel,
            format == TraceFileFormat.OracleGeneral ? request.Inodes ?? DefaultInodes : null,
            rows)
        {
            Mix = handles?.Mix,
        };
    }

    private static void Check(ReplayRequest request)
    {
        if (request.Strategies.Count == 0)
            throw new BadInputException("no storage strategy to replay with");
        ResultPlace.RequireOther(request.Save, request.Trace, request.HandlesFile);
        if (request.Inodes is < 1 or > LruTraffic.MaxInodes)
        {
            throw new BadInputException(
                $"--inodes {request.Inodes}: not 1 to {LruTraffic.MaxInodes}");
        }
    }

    private static void Import(
        ReplayRequest request, TraceFile file, ReplayRun run, string? save,
        Action<string> report, CancellationToken cancel)
    {
        using TraceFileSink? saved = save is null ? null : new TraceFileSink(save, report);
        TraceWriter trace = new(saved is null ? run : new TwoSinks(run, saved));
        LruTraffic traffic = new(trace, request.Inodes ?? DefaultInodes, "import"u8);
        file.Import(traffic, cancel);
        traffic.End();
        trace.Complete();
        run.Feed([], isAll: true);
        saved?.Dispose();
        if (saved?.Failure is { } failure)
            throw failure;
    }

    private sealed class TwoSinks(ITraceSink first, ITraceSink second) : ITraceSink
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            first.Write(bytes);
            second.Write(bytes);
        }
    }
}
