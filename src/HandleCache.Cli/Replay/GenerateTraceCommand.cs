using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Replay;

namespace HandleCache.Cli.Replay;

/// <summary>
/// The hidden command that writes made-up traffic for `perf/replay-bench` to measure with.
/// </summary>
internal static class GenerateTraceCommand
{
    public static Command Build()
    {
        Argument<string> file = new("FILE") { Description = "The trace to write" };
        Option<string> operations = new("--operations")
        {
            Description = "Records of the trace",
            DefaultValueFactory = _ => "10M",
        };
        Option<string> inodes = new("--inodes")
        {
            Description = "Most inodes cached at once",
            DefaultValueFactory = _ => "1M",
        };
        Option<string> fileSystem = new("--filesystem")
        {
            Description = "Mix of the handles",
            DefaultValueFactory = _ => "ext4",
        };
        Option<ulong> seed = new("--seed")
        {
            Description = "Of the accesses",
            DefaultValueFactory = _ => 1,
        };
        Command command = new("generate-trace", "Write a trace of made-up traffic")
        {
            file, operations, inodes, fileSystem, seed,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            using Interrupt interrupt = new();
            long count = Numbers.Count("--operations", parsed.GetValue(operations)!);
            if (count < 1)
                throw new BadInputException("--operations: 1 or more");
            long records = GenerateExperiment.Run(
                new GenerateRequest(
                    parsed.GetRequiredValue(file),
                    count,
                    ReplayCommand.InodeCount(parsed.GetValue(inodes)!),
                    parsed.GetValue(fileSystem)!,
                    parsed.GetValue(seed)),
                line => Console.Error.WriteLine($"handlecache: {line}"),
                interrupt.Token);
            Console.Error.WriteLine($"{records} records");
            return ExitCode.Success;
        }));
        return command;
    }
}
