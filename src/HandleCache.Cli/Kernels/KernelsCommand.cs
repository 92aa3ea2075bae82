using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Guests;

namespace HandleCache.Cli.Kernels;

/// <summary>`kernels`: the model checked on Debian's kernels under QEMU.</summary>
internal static class KernelsCommand
{
    private static readonly Option<string[]> Versions = new("--kernel")
    {
        Description = "Versions with commas; default: "
            + string.Join(", ", KernelLabOptions.AllVersions),
    };

    private static readonly Option<string[]> Checks = new("--checks")
    {
        Description = "With commas: " + string.Join(", ", KernelLab.CheckNames)
            + "; default: all",
    };

    private static readonly Option<int> Cpus = new("--cpus")
    {
        Description = "Processors of a guest, 1..64",
        DefaultValueFactory = _ => 2,
    };

    private static readonly Option<int> Scripts = new("--scripts")
    {
        Description = "Random scripts of validate",
        DefaultValueFactory = _ => 60,
    };

    private static readonly Option<int> Kills = new("--kills")
    {
        Description = "Servers that restart kills",
        DefaultValueFactory = _ => 20,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of validate",
        DefaultValueFactory = _ => 1,
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

    private static readonly Option<bool> Full = new("--full")
    {
        Description = "300 scripts of three seeds; slab and layout on 1 and 8 processors, and "
            + "with slub_debug=FZPU, slab_nomerge, cgroup.memory=nokmem: 8 boots a kernel",
    };

    private static readonly Option<bool> Shell = new("--shell")
    {
        Description = "A shell in the one kernel named, and nothing else",
    };

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(KernelsDocument));

    public static Command Build()
    {
        Command command = new("kernels", "Check the model on Debian's kernels under QEMU")
        {
            Versions, Checks, Cpus, Scripts, Kills, Seed, Program, Cache, Keep, Append, Full, Shell,
            Json,
        };
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        KernelLabOptions options = new()
        {
            Versions = SharedOptions.Words(parsed.GetValue(Versions)) is { Count: > 0 } some
                ? some
                : KernelLabOptions.AllVersions,
            Checks = SharedOptions.Words(parsed.GetValue(Checks)),
            Cpus = SharedOptions.Range(parsed, Cpus, 1, 64),
            Scripts = SharedOptions.Range(parsed, Scripts, 0, 100_000),
            Kills = SharedOptions.Range(parsed, Kills, 1, 10_000),
            Seed = parsed.GetValue(Seed),
            Program = SharedOptions.ProgramOf(parsed, Program),
            Cache = SharedOptions.CacheOf(parsed, Cache),
            Keep = parsed.GetValue(Keep),
            Append = parsed.GetValue(Append)!,
            Full = parsed.GetValue(Full),
        };
        using Interrupt interrupt = new();
        if (parsed.GetValue(Shell))
            return KernelLab.Shell(options, interrupt.Token);
        KernelLabResult result = KernelLab.Run(
            options, Console.Error.WriteLine, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => KernelsDocument.Of(result),
            () => KernelsText.Of(result));
        return result.Holds ? ExitCode.Success
            : result.IsNothing ? ExitCode.MissingRequirement
            : ExitCode.CheckFailed;
    }
}
