using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Sweep;
using HandleCache.Lab;
using HandleCache.Lab.Replay;
using HandleCache.Model.Handles;
using HandleCache.Model.Replay;

namespace HandleCache.Cli.Replay;

/// <summary>`replay`: a recorded trace through the model.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string> Trace = new("TRACE")
    {
        Description = "A file that `--record` wrote, or one of libCacheSim's; zstd is unpacked",
    };

    private static readonly Option<string[]> Strategy = new("--strategy")
    {
        Description = "Storage of handles: inline:N, pointer, ...; a list, or given again",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string> Format = new("--format")
    {
        Description = "Form of the trace: auto, handlecache or oracle-general (libCacheSim)",
        DefaultValueFactory = _ => "auto",
    };

    private static readonly Option<string?> Inodes = new("--inodes")
    {
        Description = "Of an imported trace: most inodes cached at once (100K)",
    };

    private static readonly Option<string?> Save = new("--save")
    {
        Description = "Of an imported trace: write its traffic to this file",
    };

    private static readonly Option<bool> IndexHandles = new("--index-handles")
    {
        Description = "Also find inodes by their handles, as an exporting kernel would",
    };

    private static readonly Option<string?> FileSystem = SweepCommand.FileSystemOption();
    private static readonly Option<string?> Handles = SweepCommand.HandlesOption();

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(ReplayDocument));

    public static Command Build()
    {
        Option<string> kernel = SlabCommand.KernelOption();
        Command command = new("replay", "Put recorded traffic through the model")
        {
            Trace, Strategy, kernel, Format, FileSystem, Handles, Inodes, Save, IndexHandles,
            Json,
        };
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, kernel)));
        return command;
    }

    private static int Execute(ParseResult parsed, Option<string> kernel)
    {
        ReplayRequest request = new()
        {
            Trace = parsed.GetRequiredValue(Trace),
            Format = ParseFormat(parsed.GetValue(Format)!),
            Strategies = Strategies(parsed.GetValue(Strategy)),
            Kernel = parsed.GetValue(kernel)!,
            FileSystem = parsed.GetValue(FileSystem),
            HandlesFile = parsed.GetValue(Handles),
            IndexByHandle = parsed.GetValue(IndexHandles),
            Inodes = parsed.GetValue(Inodes) is { } inodes ? InodeCount(inodes) : null,
            Save = parsed.GetValue(Save),
        };
        using Interrupt interrupt = new();
        ReplayResult result = ReplayExperiment.Run(
            request, line => Console.Error.WriteLine($"handlecache: {line}"), interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => ReplayDocument.Of(request, result),
            () => ReplayText.Of(request, result));
        return result.Verdict == "match" ? ExitCode.Success : ExitCode.CheckFailed;
    }

    /// <exception cref="BadInputException">Not a count that a cache can have.</exception>
    internal static int InodeCount(string text)
    {
        long count = Numbers.Count("--inodes", text);
        return count is >= 1 and <= LruTraffic.MaxInodes
            ? (int)count
            : throw new BadInputException($"--inodes {text}: 1 to {LruTraffic.MaxInodes}");
    }

    private static TraceFileFormat ParseFormat(string text) => text switch
    {
        "auto" => TraceFileFormat.Auto,
        "handlecache" => TraceFileFormat.HandleCache,
        "oracle-general" => TraceFileFormat.OracleGeneral,
        _ => throw new BadInputException(
            $"unknown format '{text}'; known: auto, handlecache, oracle-general"),
    };

    private static List<HandleStrategy> Strategies(string[]? given)
    {
        if (given is null or [])
            return [HandleStrategy.Inline(12)];
        List<HandleStrategy> strategies = [];
        foreach (string text in given.SelectMany(g => g.Split(',')))
        {
            strategies.Add(HandleStrategy.TryParse(text, out HandleStrategy s, out string? error)
                ? s
                : throw new BadInputException(error));
        }

        return strategies;
    }
}
