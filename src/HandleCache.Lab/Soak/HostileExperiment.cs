using System.Diagnostics;
using HandleCache.Protocol;

namespace HandleCache.Lab.Soak;

/// <summary>
/// Feeds every surface damaged messages in turn: nothing may be thrown that is not documented, no
/// message may hang the program or make it allocate without bound.
/// </summary>
public static class HostileExperiment
{
    private const int ShownBytes = 512;

    /// <summary>Names that <see cref="HostileOptions.Surfaces"/> may have.</summary>
    public static IReadOnlyList<string> SurfaceNames { get; } =
        [.. HostileSurfaces.All.Select(surface => surface.Name)];

    /// <exception cref="BadInputException">A surface that is not.</exception>
    /// <exception cref="MissingRequirementException">None of them can be run here.</exception>
    public static HostileResult Run(
        HostileOptions options, Action<string> progress, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(progress);
        return Run(options, [.. Chosen(options)], progress, cancel);
    }

    /// <summary>The same for surfaces of the caller.</summary>
    internal static HostileResult Run(
        HostileOptions options, IReadOnlyList<HostileSurfaces.Entry> surfaces,
        Action<string> progress, CancellationToken cancel)
    {
        Stopwatch clock = Stopwatch.StartNew();
        List<Line> lines = [.. surfaces.Select(one => new Line(one))];
        try
        {
            if (lines.All(line => line.Row.Skipped is not null))
                throw new MissingRequirementException(lines[0].Row.Skipped!);
            for (int turn = 0; ; turn++)
            {
                int round = options.Round ?? options.Shard.NumberAt(turn);
                foreach (Line line in lines)
                {
                    if (IsOver(options, lines, clock) || cancel.IsCancellationRequested)
                        break;
                    line.RunRound(options, round);
                }

                bool isOver = options.Round is not null || IsOver(options, lines, clock)
                    || lines.All(line => line.IsDone);
                if (isOver || cancel.IsCancellationRequested)
                    break;
                if (turn % 64 == 63)
                    progress($"{lines.Sum(line => line.Messages)} messages");
            }
        }
        finally
        {
            foreach (Line line in lines)
                line.Dispose();
        }

        return new HostileResult(
            [.. lines.Select(line => line.Row)],
            [.. lines.Select(line => line.Finding).OfType<HostileFinding>()],
            clock.Elapsed.TotalSeconds, Process.GetCurrentProcess().PeakWorkingSet64,
            cancel.IsCancellationRequested);
    }

    private static bool IsOver(HostileOptions options, List<Line> lines, Stopwatch clock) =>
        options.Round is null && (options.Messages is { } most
            ? lines.Sum(line => line.Messages) >= options.Shard.CountOf(most)
            : clock.Elapsed.TotalMinutes >= options.Minutes);

    private static IEnumerable<HostileSurfaces.Entry> Chosen(HostileOptions options)
    {
        foreach (string name in options.Surfaces)
        {
            if (!SurfaceNames.Contains(name))
            {
                throw new BadInputException(
                    $"--surface: '{name}' is none of {string.Join(", ", SurfaceNames)}");
            }
        }

        return options.Surfaces.Count == 0
            ? HostileSurfaces.All
            : HostileSurfaces.All.Where(one => options.Surfaces.Contains(one.Name));
    }

    /// <summary>A surface with what has come of it.</summary>
    private sealed class Line : IDisposable
    {
        private readonly HostileSurfaces.Entry _entry;
        private readonly HostileSurface? _surface;
        private readonly string? _skipped;
        private long _taken;
        private long _mostAllocated;
        private bool _hangs;

        public Line(HostileSurfaces.Entry entry)
        {
            _entry = entry;
            try
            {
                _surface = entry.Make();
            }
            catch (Exception e) when (e is MissingRequirementException or IOException
                or UnauthorizedAccessException)
            {
                _skipped = e.Message;
            }
        }

        public long Messages { get; private set; }

        public HostileFinding? Finding { get; private set; }

        public bool IsDone => _surface is null || Finding is not null;

        public HostileSurfaceRow Row => new(
            _entry.Name, _entry.What, Messages, _taken, _mostAllocated, _skipped);

        public void RunRound(HostileOptions options, int round)
        {
            if (IsDone)
                return;
            HostileTally tally = new();
            Exception? thrown = null;
            long allocated = GC.GetTotalAllocatedBytes();
            Thread thread = new(() => thrown = Feed(options, round, tally))
            {
                IsBackground = true,
                Name = $"hostile-{_entry.Name}",
            };
            thread.Start();
            _hangs = !Joined(thread, tally, TimeSpan.FromSeconds(options.PatienceSeconds));
            Messages += tally.Messages;
            _taken += tally.Taken;
            allocated = GC.GetTotalAllocatedBytes() - allocated;
            long mean = allocated / Math.Max(1, tally.Messages);
            _mostAllocated = Math.Max(_mostAllocated, mean);
            string? wrong = _hangs
                ? FormattableString.Invariant(
                    $"no progress for {options.PatienceSeconds} s: it hangs")
                : thrown is not null ? Told(thrown)
                : mean > _surface!.MostAllocatedBytes
                    ? FormattableString.Invariant($"{mean} bytes allocated for a message")
                    : null;
            if (wrong is not null)
            {
                Finding = new(
                    _entry.Name, round, tally.Messages - 1, wrong,
                    [.. tally.Last.Select(bytes => Convert.ToHexStringLower(
                        bytes.AsSpan(0, Math.Min(bytes.Length, ShownBytes))))]);
            }
        }

        public void Dispose()
        {
            // What hangs would hang here, too.
            if (!_hangs)
                _surface?.Dispose();
        }

        private Exception? Feed(HostileOptions options, int round, HostileTally tally)
        {
            try
            {
                SplitMix64 random = new(SplitMix64.Mix(
                    SplitMix64.Mix(options.Seed, _entry.Seed), (ulong)round));
                try
                {
                    _surface!.Run(random, _surface.RoundMessages, tally);
                }
                finally
                {
                    _surface!.EndRound();
                }

                return null;
            }
#pragma warning disable CA1031 // Whatever is thrown is what is looked for: it becomes the finding.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return e;
            }
        }

        private static bool Joined(Thread thread, HostileTally tally, TimeSpan patience)
        {
            long seen = -1;
            while (!thread.Join(patience))
            {
                if (tally.Messages == seen)
                    return false;
                seen = tally.Messages;
            }

            return true;
        }

        private static string Told(Exception e) => e is HostileException
            ? e.Message
            : $"{e.GetType().Name}: {e.Message}{Environment.NewLine}{e.StackTrace}";
    }
}
