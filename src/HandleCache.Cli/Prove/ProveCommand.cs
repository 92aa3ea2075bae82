using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Prove;
using HandleCache.Model.Handles;

namespace HandleCache.Cli.Prove;

/// <summary>`prove`: a design as a kernel module, and the model held against that kernel.</summary>
internal static class ProveCommand
{
    private static readonly Argument<string> Design = new("DESIGN")
    {
        Description = "A shipped design (thread) or a file of your own",
    };

    private static readonly Option<string[]> Versions = new("--kernel")
    {
        Description = "Kernel versions with commas; default: 6.12",
    };

    private static readonly Option<string?> Tree = new("--tree")
    {
        Description = "A kernel built in this folder (make bzImage modules; KASAN, lockdep), in "
            + "place of Debian's package",
    };

    private static readonly Option<string[]> Strategies = new("--strategy")
    {
        Description = "How handles are kept, with commas; default: the design's own and each kind",
    };

    private static readonly Option<string> FileSystem = new("--filesystem")
    {
        Description = "Mix of handles that the cache is filled with",
        DefaultValueFactory = _ => "container-host",
    };

    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files whose inodes are put into the cache",
        DefaultValueFactory = _ => 36_000,
    };

    private static readonly Option<int> Scripts = new("--scripts")
    {
        Description = "Random scripts on that kernel and on the modelled one",
        DefaultValueFactory = _ => 100,
    };

    private static readonly Option<int> Kills = new("--kills")
    {
        Description = "Servers killed under load, their device held",
        DefaultValueFactory = _ => 50,
    };

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "Instead: minutes of load with memory pressure, servers being killed",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of the scripts",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<int> Cpus = new("--cpus")
    {
        Description = "Processors of a guest, 1..64",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<string[]> Faults = new("--break")
    {
        Description = "Load the module with these faults of its own, one after the other, each "
            + "of which must diverge; list prints them",
    };

    private static readonly Option<string?> Program = SharedOptions.Program();

    private static readonly Option<string?> Cache = SharedOptions.Cache();

    private static readonly Option<string?> Keep = new("--keep")
    {
        Description = "Folder to keep console and results of each guest in",
    };

    private static readonly Option<string> Append = new("--append")
    {
        Description = "More of the kernel's command line: slub_debug=FZPU",
        DefaultValueFactory = _ => "",
    };

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(ProveDocument));

    public static Command Build()
    {
        Command command = new(
            "prove", "Run a design as a kernel module and compare that kernel with the model")
        {
            Design, Versions, Tree, Strategies, FileSystem, Files, Scripts, Kills, Minutes, Seed,
            Cpus, Faults, Program, Cache, Keep, Append, Json,
        };
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        List<string> versions = SharedOptions.Words(parsed.GetValue(Versions));
        List<string> faults = SharedOptions.Words(parsed.GetValue(Faults));
        if (faults is ["list"])
        {
            foreach (string line in ModuleFault.Listing())
                Console.Out.WriteLine(line);
            return ExitCode.Success;
        }

        ProveOptions options = new()
        {
            Design = parsed.GetRequiredValue(Design),
            Versions = versions.Count > 0 ? versions : ["6.12"],
            Tree = TreeOf(parsed.GetValue(Tree), versions),
            Strategies =
                [.. SharedOptions.Words(parsed.GetValue(Strategies)).Select(StrategyOf)],
            FileSystem = parsed.GetValue(FileSystem)!,
            Files = SharedOptions.Range(parsed, Files, 36, 1_000_000),
            Scripts = SharedOptions.Range(parsed, Scripts, 3, 100_000),
            Kills = SharedOptions.Range(parsed, Kills, 0, 100_000),
            Minutes = MinutesOf(parsed.GetValue(Minutes)),
            Seed = parsed.GetValue(Seed),
            Cpus = SharedOptions.Range(parsed, Cpus, 1, 64),
            Faults = faults.Count > 0 ? faults : [ModuleFault.None],
            Program = SharedOptions.ProgramOf(parsed, Program),
            Cache = SharedOptions.CacheOf(parsed, Cache),
            Keep = parsed.GetValue(Keep),
            Append = parsed.GetValue(Append)!,
        };
        using Interrupt interrupt = new();
        ProveResult result = Proof.Run(options, Console.Error.WriteLine, interrupt.Token);
        CommandRunner.Report(parsed, () => ProveDocument.Of(result), () => ProveText.Of(result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static string? TreeOf(string? tree, List<string> versions) =>
        tree is null || versions.Count <= 1
            ? tree
            : throw new BadInputException("--tree is one kernel; --kernel names several");

    internal static double MinutesOf(double minutes) => minutes is >= 0 and <= 10_000
        ? minutes
        : throw new BadInputException("--minutes: 0 to 10000");

    internal static HandleStrategy StrategyOf(string text) =>
        HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error)
            ? strategy
            : throw new BadInputException($"--strategy: {error}");
}
