using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Slab;
using HandleCache.Cli.Sweep;
using HandleCache.Lab.Compare;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Compare;

/// <summary>`compare`: the proposals side by side.</summary>
internal static class CompareCommand
{
    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        Option<string?> fileSystem = SweepCommand.FileSystemOption();
        Option<string?> handles = SweepCommand.HandlesOption();
        Option<string> kernel = SlabCommand.KernelOption();
        Option<int?> cpus = new("--cpus") { Description = "CPUs present; default: the kernel's" };
        DialectOption dialect = new(dialects, "Compare only this one; may be given again");
        Option<string> names = new("--names")
        {
            Description = "Names in the directory that is listed",
            DefaultValueFactory = _ => "10000",
        };
        Option<int> nameBytes = new("--name-bytes")
        {
            Description = "Length of each name",
            DefaultValueFactory = _ => 16,
        };
        Option<string> files = new("--files")
        {
            Description = "Files that are statted",
            DefaultValueFactory = _ => "1000",
        };
        PlotOptions plot = new();
        Option<bool> json = SharedOptions.Json(typeof(CompareDocument));
        Command command = new("compare", "Dialects side by side: bytes, requests, defects")
        {
            fileSystem, handles, kernel, cpus, names, nameBytes, files, json,
        };
        dialect.AddTo(command);
        plot.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            CompareRequest request = new()
            {
                FileSystem = parsed.GetValue(fileSystem),
                HandlesFile = parsed.GetValue(handles),
                Kernel = parsed.GetValue(kernel)!,
                Cpus = parsed.GetValue(cpus),
                Dialects = dialect.Several(parsed),
                DirectoryNames = Count("--names", parsed.GetValue(names)!),
                NameBytes = parsed.GetValue(nameBytes),
                StatFiles = Count("--files", parsed.GetValue(files)!),
            };
            using Interrupt interrupt = new();
            plot.Check(parsed);
            CompareResult result = CompareExperiment.Run(request, interrupt.Token);
            CommandRunner.Report(
                parsed,
                () => CompareDocument.Of(request, result),
                () => CompareText.Of(request, result));
            int drawn = CommandRunner.Besides(
                () => plot.Draw(parsed, () => ComparePlot.Of(result)));
            return result.Holds ? drawn : ExitCode.CheckFailed;
        }));
        return command;
    }

    private static int Count(string option, string text) =>
        (int)Math.Min(Numbers.Count(option, text), int.MaxValue);
}
