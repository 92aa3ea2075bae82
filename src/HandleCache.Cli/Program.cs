using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Compare;
using HandleCache.Cli.Design;
using HandleCache.Cli.Differential;
using HandleCache.Cli.Layout;
using HandleCache.Cli.Mount;
using HandleCache.Cli.Replay;
using HandleCache.Cli.Report;
using HandleCache.Cli.Restart;
using HandleCache.Cli.Scale;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Survey;
using HandleCache.Cli.Sweep;
using HandleCache.Cli.Validate;
using HandleCache.Cli.Watch;
using HandleCache.Cli.Workload;

namespace HandleCache.Cli;

internal static class Program
{
    private static int Main(string[] args)
    {
        RootCommand root = new("Model and bench for file handles in the Linux FUSE inode cache.");
        root.Add(ValidateCommand.Build());
        root.Add(SlabCommand.Build());
        root.Add(LayoutCommand.Build());
        root.Add(SweepCommand.Build());
        root.Add(SurveyCommand.Build());
        root.Add(CompareCommand.Build());
        root.Add(DesignCommand.Build());
        root.Add(ReportCommand.Build());
        root.Add(MountCommand.Build());
        root.Add(ReplayCommand.Build());
        root.Add(GenerateTraceCommand.Build());
        root.Add(ScaleCommand.Build());
        root.Add(WatchCommand.Build());
        root.Add(RestartCommand.Build());
        root.Add(RestartClientCommand.Build());
        root.Add(ServeCommand.Build());
        root.Add(WorkloadCommand.Build());
        root.Add(DifferentialCommand.Build());
        ParseResult result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            foreach (System.CommandLine.Parsing.ParseError error in result.Errors)
                Console.Error.WriteLine($"handlecache: {UsageError.Of(error.Message)}");
            return ExitCode.BadInput;
        }

        return result.Invoke();
    }
}
