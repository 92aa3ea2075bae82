using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using HandleCache.Bars.Table;
using HandleCache.Benchmarks;
using HandleCache.Benchmarks.Strategies;
using Perfolizer.Horology;

const int BadUsage = 2;
const int Failed = 4;

// Without a word of ours, BenchmarkDotNet's own command line: --filter, --job, --exporters, ...,
// and --strategy LIST and --handles FILE for the classes in Strategies.
if (args is [] or [['-', ..], ..])
{
    try
    {
        BenchmarkSwitcher.FromAssembly(typeof(Runs).Assembly).Run(Choice.Take(args));
        return 0;
    }
    catch (Exception error) when (error is FormatException or IOException)
    {
        Console.Error.WriteLine(error.Message);
        return BadUsage;
    }
}

if (args is not [("quick" or "full") and string mode, string file, string machine])
{
    Console.Error.WriteLine("usage: quick|full FILE MACHINE, or options of BenchmarkDotNet");
    return BadUsage;
}

Environment.SetEnvironmentVariable(Runs.ModeVariable, mode);
bool full = mode == "full";
int iterations = full ? 9 : 5;
const int IterationMs = 100;

// In this process: nothing is built, and a peer is measured minutes, not hours, from its rival.
Job job = Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(full ? 3 : 2)
    .WithIterationCount(iterations)
    .WithIterationTime(TimeInterval.FromMilliseconds(IterationMs))
    // A collection of 10 million objects after each iteration takes ten times the iteration.
    .WithGcForce(false);
ManualConfig config = ManualConfig.CreateEmpty()
    .AddJob(job)
    .AddDiagnoser(MemoryDiagnoser.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddLogger(ConsoleLogger.Default)
    .WithOptions(ConfigOptions.DisableLogFile | ConfigOptions.JoinSummary);
try
{
    IReadOnlyList<Summary> summaries =
        [.. BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).RunAll(config)];
    ResultFile result = new()
    {
        Title = "Every piece beside its peer",
        Order = 20,
        Command = $"perf/run {mode} benchmarks",
        Mode = mode,
        Date = DateTimeOffset.UtcNow,
        Machine = ResultFile.ReadMachine(machine),
        Notes =
        [
            $"BenchmarkDotNet, medians of {iterations} iterations (of {IterationMs} ms; one call"
                + " where a call changes the population), nanoseconds per operation; in brackets"
                + " what an operation allocates, where it does.",
        ],
        Rows = ResultRows.Of(summaries),
    };
    result.Write(file);
    return 0;
}
catch (Exception error) when (error is FormatException or IOException or InvalidOperationException)
{
    Console.Error.WriteLine(error.Message);
    return Failed;
}
