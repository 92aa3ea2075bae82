using HandleCache.Lab.Mixes;
using HandleCache.Model.Mixes;
using HandleCache.Model.Replay;
using HandleCache.Protocol.Traces;

namespace HandleCache.Lab.Replay;

/// <summary>What `generate-trace` was asked.</summary>
/// <param name="Path">The file to write.</param>
/// <param name="Operations">Records, but for a last batch of forgets.</param>
/// <param name="Inodes">Most inodes cached at once.</param>
/// <param name="FileSystem">A shipped mix of handles.</param>
/// <param name="Seed">Of the accesses.</param>
public sealed record GenerateRequest(
    string Path, long Operations, int Inodes, string FileSystem, ulong Seed);

/// <summary>Writes a trace of made-up traffic, to measure replays with.</summary>
public static class GenerateExperiment
{
    /// <returns>Records written.</returns>
    /// <exception cref="BadInputException">Unknown mix, numbers out of range.</exception>
    /// <exception cref="TraceFileException">It could not be written whole.</exception>
    public static long Run(GenerateRequest request, Action<string> report, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Inodes is < 1 or > LruTraffic.MaxInodes)
        {
            throw new BadInputException(
                $"--inodes {request.Inodes}: not 1 to {LruTraffic.MaxInodes}");
        }

        const long Step = 1 << 20;
        HandleMix mix = FileSystemMixes.Load(request.FileSystem);
        using TraceFileSink sink = new(request.Path, report);
        TraceWriter trace = new(sink);
        LruTraffic traffic = new(trace, request.Inodes, "generated"u8);
        GeneratedTraffic accesses = new(traffic, mix, request.Inodes, request.Seed);
        while (trace.Records < request.Operations)
        {
            cancel.ThrowIfCancellationRequested();
            accesses.Play(trace, Math.Min(request.Operations, trace.Records + Step));
        }

        traffic.End();
        trace.Complete();
        sink.Dispose();
        return sink.Failure is { } failure ? throw failure : trace.Records;
    }
}
