using System.Diagnostics;
using System.Runtime.ExceptionServices;
using HandleCache.Lab.Validate;
using HandleCache.Linux;
using HandleCache.Protocol.Uapi;

namespace HandleCache.Lab.Survey;

/// <summary>
/// Walks trees and counts the handles that name_to_handle_at(2) gives, by file system, type and
/// length. Streams: memory depends on depth, file systems and lengths, never on how many files.
/// </summary>
public static class SurveyExperiment
{
    private const int ReportEveryMs = 100;
    private const int MaxWorkers = 64;

    /// <param name="request">Where and what.</param>
    /// <param name="report">Told of the progress some ten times a second, on this thread.</param>
    /// <param name="cancel">Ends the walk.</param>
    /// <exception cref="BadInputException">A path that cannot be opened.</exception>
    /// <exception cref="MissingRequirementException">
    /// The kernel knows no connectable handles.
    /// </exception>
    public static SurveyResult Run(
        SurveyRequest request, Action<SurveyProgress>? report = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Paths.Count == 0)
            throw new BadInputException("survey needs at least one path");
        if (request.Workers is < 0 or > MaxWorkers)
            throw new BadInputException($"{request.Workers} workers: not 0..{MaxWorkers}");
        long start = Stopwatch.GetTimestamp();
        int count = request.Workers > 0
            ? request.Workers
            : Math.Clamp(Environment.ProcessorCount, 1, MaxWorkers);
        using SurveyQueue queue = new(count);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(cancel);
        SurveyWorker[] workers =
            [.. Enumerable.Range(0, count)
                .Select(_ => new SurveyWorker(request, queue, stop.Token))];
        long expected = AddRoots(request, queue, workers[0]);
        RunWorkers(workers, queue, stop, new Reporter(workers, expected, report));
        cancel.ThrowIfCancellationRequested();
        return ResultOf(workers, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static SurveyResult ResultOf(SurveyWorker[] workers, double seconds)
    {
        SurveyTally[] tallies = [.. workers.Select(w => w.Tally)];
        return new SurveyResult
        {
            Objects = tallies.Sum(t => t.Objects),
            Directories = tallies.Sum(t => t.Directories),
            Errors = tallies.Sum(t => t.Errors),
            ErrorExamples = [.. tallies.SelectMany(t => t.ErrorExamples).Take(20)],
            FileSystems = SurveyMounts.Group(tallies),
            ElapsedSeconds = seconds,
            Workers = workers.Length,
            KernelRelease = KernelRelease.Read(),
        };
    }

    /// <summary>Opens and counts the paths; the objects their file systems claim.</summary>
    private static long AddRoots(SurveyRequest request, SurveyQueue queue, SurveyWorker counter)
    {
        long expected = 0;
        foreach (string path in request.Paths)
        {
            FileDescriptor? root = Files.OpenAt(
                FileDescriptor.WorkingDirectory, CString.FromString(path),
                OpenFlags.ReadOnly | OpenFlags.Directory, 0, out Errno errno);
            if (root is null)
                throw new BadInputException($"{path}: {errno}: not a directory one can read");
            try
            {
                if (request.Connectable)
                    RequireConnectable(root);
                errno = SurveyWorker.MountOf(root, out ulong mount);
                if (errno != Errno.None)
                    throw new BadInputException($"{path}: statx: {errno}");
                if (Metadata.StatFs(root, out StatFs statFs) == Errno.None)
                    expected += (long)(statFs.Files - statFs.FilesFree);
                counter.CountRoot(root, mount);
                queue.Add(root, mount);
            }
            catch
            {
                root.Dispose();
                throw;
            }
        }

        return expected;
    }

    private static void RequireConnectable(FileDescriptor root)
    {
        Errno errno = FileHandles.Get(
            root, SurveyWorker.Itself, AtFlags.HandleConnectable, out _, out _);
        if (errno == Errno.EINVAL)
        {
            throw new MissingRequirementException(
                "AT_HANDLE_CONNECTABLE needs Linux 6.13 or later; survey without --connectable");
        }
    }

    private static void RunWorkers(
        SurveyWorker[] workers, SurveyQueue queue, CancellationTokenSource stop, Reporter reporter)
    {
        ExceptionDispatchInfo? failure = null;
        Thread[] threads = [.. workers.Select((worker, i) => new Thread(() =>
        {
            try
            {
                worker.Run();
            }
#pragma warning disable CA1031 // Thrown again on the calling thread, as it was.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(
                    ref failure, ExceptionDispatchInfo.Capture(e), null);
                stop.Cancel();
                queue.End();
            }
        })
        {
            IsBackground = true,
            Name = $"survey-{i}",
        })];
        foreach (Thread thread in threads)
            thread.Start();
        using CancellationTokenRegistration wake = stop.Token.Register(queue.End);
        foreach (Thread thread in threads)
        {
            while (!thread.Join(ReportEveryMs))
                reporter.Report();
        }

        failure?.Throw();
    }

    private sealed class Reporter(
        SurveyWorker[] workers, long expected, Action<SurveyProgress>? report)
    {
        public void Report() =>
            report?.Invoke(new SurveyProgress(workers.Sum(w => w.Tally.Objects), expected));
    }
}
