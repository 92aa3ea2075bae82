using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Design;
using HandleCache.Cli.Differential;
using HandleCache.Cli.Drive;
using HandleCache.Cli.Guide;
using HandleCache.Cli.Kernels;
using HandleCache.Cli.Layout;
using HandleCache.Cli.Merge;
using HandleCache.Cli.Mount;
using HandleCache.Cli.Prove;
using HandleCache.Cli.Replay;
using HandleCache.Cli.Report;
using HandleCache.Cli.Restart;
using HandleCache.Cli.Scale;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Soak;
using HandleCache.Cli.Survey;
using HandleCache.Cli.Sweep;
using HandleCache.Cli.Validate;
using HandleCache.Cli.Watch;
using HandleCache.Cli.Workload;
using HandleCache.Lab;
using HandleCache.Lab.Mounting;
using HandleCache.Lab.Nfs;
using HandleCache.Lab.Prove;
using HandleCache.Lab.Restart;
using HandleCache.Lab.Workload;
using HandleCache.Protocol.Dialects;
using HandleCache.Server.Mounting;
using HandleCache.Server.Relaying;
namespace HandleCache.Cli;

/// <summary>The command line.</summary>
internal static class Program
{
    private static int Main(string[] args) => Run(args, DialectList.All);

    /// <summary>Runs a command line; its exit code.</summary>
    /// <param name="args">As main() gets them.</param>
    /// <param name="dialects">What <c>--dialect</c> may name.</param>
    internal static int Run(string[] args, IReadOnlyList<Dialect> dialects)
    {
        ParseResult result = CommandsFor(args, dialects).Parse(args);
        if (result.Errors.Count > 0)
        {
            return CommandRunner.Run(result, () => throw new BadInputException(
                string.Join("; ", result.Errors.Select(e => UsageError.Of(e.Message)))));
        }

        return UsageError.EmptyValue(result) is { } empty
            ? CommandRunner.Run(result, () => throw new BadInputException($"{empty}: empty"))
            : result.Invoke();
    }

    /// <summary>
    /// Every command, the hidden ones too, by its name: a command line that names one builds that
    /// one, and all where it does not.
    /// </summary>
    internal static IReadOnlyList<(string Name, CommandBuilder Build)> Builders { get; } =
    [
        ("validate", ValidateCommand.Build),
        ("slab", _ => SlabCommand.Build()),
        ("layout", _ => LayoutCommand.Build()),
        ("sweep", _ => SweepCommand.Build()),
        ("survey", _ => SurveyCommand.Build()),
        ("compare", CompareCommand.Build),
        ("design", _ => DesignCommand.Build()),
        ("kernels", _ => KernelsCommand.Build()),
        (NfsExperiment.GuestCommandName, _ => NfsGuestCommand.Build()),
        ("prove", _ => ProveCommand.Build()),
        (Proof.GuestCommandName, _ => ProveGuestCommand.Build()),
        ("report", _ => ReportCommand.Build()),
        ("mount", MountCommand.Build),
        ("replay", _ => ReplayCommand.Build()),
        ("generate-trace", _ => GenerateTraceCommand.Build()),
        ("scale", ScaleCommand.Build),
        ("watch", WatchCommand.Build),
        (FuserMountStandIn.CommandName, _ => FuserMountCommand.Build()),
        (DirectMountStandIn.CommandName, _ => DirectMountCommand.Build()),
        ("drive", DriveCommand.Build),
        ("restart", RestartCommand.Build),
        ("soak", _ => SoakCommand.Build()),
        (RestartClient.CommandName, _ => RestartClientCommand.Build()),
        (ServerProcess.CommandName, ServeCommand.Build),
        (ServerProcess.HeldCommandName, _ => ServeHeldCommand.Build()),
        (HeldRun.CommandName, _ => HoldCommand.Build()),
        (WorkloadCommandLine.CommandName, _ => WorkloadCommand.Build()),
        ("differential", DifferentialCommand.Build),
        ("merge", _ => MergeCommand.Build()),
    ];

    /// <summary>Every command, the hidden ones too.</summary>
    internal static RootCommand Commands(IReadOnlyList<Dialect> dialects) =>
        Commands(dialects, Builders);

    /// <summary>
    /// What a command line needs: all, where it names none or one that knows all.
    /// </summary>
    internal static RootCommand CommandsFor(
        IReadOnlyList<string> args, IReadOnlyList<Dialect> dialects)
    {
        if (args is [VersionTextAction.Option])
            return Commands(dialects, []);
        (string Name, CommandBuilder Build)[] named =
            [.. Builders.Where(command => args.Count > 0 && command.Name == args[0])];
        return named.Length > 0 ? Commands(dialects, named) : Commands(dialects);
    }

    private static RootCommand Commands(
        IReadOnlyList<Dialect> dialects,
        IReadOnlyList<(string Name, CommandBuilder Build)> builders)
    {
        RootCommand root = new(Guidebook.Summary);
        foreach ((_, CommandBuilder build) in builders)
            root.Add(build(dialects));
        root.Add(CompletionCommand.Build(root));
        root.Add(ManCommand.Build(root));
        foreach (Command command in root.Subcommands)
        {
            if (JsonOption.Of(command) is { } json)
                command.Add(new SchemaOption(command, json));
        }

        HelpTextAction.Install(root);
        VersionTextAction.Install(root);
        return root;
    }
}

/// <summary>Builds a command; <paramref name="dialects"/> are what --dialect may name.</summary>
internal delegate Command CommandBuilder(IReadOnlyList<Dialect> dialects);
