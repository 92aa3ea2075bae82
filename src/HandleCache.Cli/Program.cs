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
using HandleCache.Protocol.Dialects;

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
        ParseResult result = Commands(dialects).Parse(args);
        if (result.Errors.Count > 0)
        {
            return CommandRunner.Run(result, () => throw new BadInputException(
                string.Join("; ", result.Errors.Select(e => UsageError.Of(e.Message)))));
        }

        return result.Invoke();
    }

    /// <summary>Every command, the hidden ones too.</summary>
    internal static RootCommand Commands(IReadOnlyList<Dialect> dialects)
    {
        RootCommand root = new(Guidebook.Summary);
        root.Add(ValidateCommand.Build(dialects));
        root.Add(SlabCommand.Build());
        root.Add(LayoutCommand.Build());
        root.Add(SweepCommand.Build());
        root.Add(SurveyCommand.Build());
        root.Add(CompareCommand.Build(dialects));
        root.Add(DesignCommand.Build());
        root.Add(KernelsCommand.Build());
        root.Add(NfsGuestCommand.Build());
        root.Add(ProveCommand.Build());
        root.Add(ProveGuestCommand.Build());
        root.Add(ReportCommand.Build());
        root.Add(MountCommand.Build(dialects));
        root.Add(ReplayCommand.Build());
        root.Add(GenerateTraceCommand.Build());
        root.Add(ScaleCommand.Build(dialects));
        root.Add(WatchCommand.Build(dialects));
        root.Add(FuserMountCommand.Build());
        root.Add(DirectMountCommand.Build());
        root.Add(DriveCommand.Build(dialects));
        root.Add(RestartCommand.Build(dialects));
        root.Add(SoakCommand.Build());
        root.Add(RestartClientCommand.Build());
        root.Add(ServeCommand.Build(dialects));
        root.Add(ServeHeldCommand.Build());
        root.Add(HoldCommand.Build());
        root.Add(WorkloadCommand.Build());
        root.Add(DifferentialCommand.Build(dialects));
        root.Add(MergeCommand.Build());
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
