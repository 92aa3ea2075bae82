using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Cli.Layout;
using HandleCache.Cli.Slab;
using HandleCache.Lab;
using HandleCache.Lab.Mixes;
using HandleCache.Lab.Sweep;
using HandleCache.Model.Handles;
using HandleCache.Model.Slab;

namespace HandleCache.Cli.Sweep;

/// <summary>`sweep`: memory per inode of every strategy and inline length.</summary>
internal static class SweepCommand
{
    public static Command Build()
    {
        Option<string?> fileSystem = FileSystemOption();
        Option<string?> handles = HandlesOption();
        Option<bool> connectable = new("--connectable")
        {
            Description = "The mix's connectable handles; a file must be surveyed with them",
        };
        Option<string> kernel = SlabCommand.KernelOption();
        Option<int?> cpus = new("--cpus") { Description = "CPUs present; default: the kernel's" };
        Option<string> header = new("--header")
        {
            Description = "Header of the handle: " + HandleHeader.KnownNames,
            DefaultValueFactory = _ => "fanotify",
        };
        Option<bool> bestHole = new("--best-hole")
        {
            Description = "Place the slot where sizeof grows least",
        };
        Option<string[]> strategy = new("--strategy")
        {
            Description = "Compare only this one; may be given again",
        };
        Option<string?> inline = new("--inline")
        {
            Description = "Compare only these inline lengths, with commas: 12,16,24,40",
            HelpName = "lengths",
        };
        Option<string> index = new("--index")
        {
            Description = "Link of an index by handle in the inode: " + HandleIndex.KnownNames,
            DefaultValueFactory = _ => "none",
        };
        Option<bool> unaccounted = new("--unaccounted")
        {
            Description = "External buffers by GFP_KERNEL, not GFP_KERNEL_ACCOUNT",
        };
        Option<double> allowRefused = new("--allow-refused")
        {
            Description = "Share of the mix that the best may refuse, 0..1",
        };
        Option<string?> inodes = new("--inodes")
        {
            Description = "Totals for so many: 10M",
            HelpName = "count",
        };
        Option<string?> simulate = new("--simulate")
        {
            Description = "Check the best against so many simulated inodes: 1M",
            HelpName = "count",
        };
        BtfOptions btf = new();
        PlotOptions plot = new();
        Option<bool> json = SharedOptions.Json(typeof(SweepDocument));
        Command command = new("sweep", "Memory per inode for every inline length and strategy")
        {
            fileSystem, handles, connectable, kernel, cpus, header, bestHole, strategy, inline,
            index, unaccounted, allowRefused, inodes, simulate,
            json,
        };
        btf.AddTo(command);
        plot.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            SweepRequest request = new()
            {
                FileSystem = parsed.GetValue(fileSystem),
                HandlesFile = parsed.GetValue(handles),
                Connectable = parsed.GetValue(connectable),
                Kernel = parsed.GetValue(kernel)!,
                Btf = btf.Choice(parsed, kernel),
                Cpus = parsed.GetValue(cpus),
                Header = LayoutCommand.ParseHeader(parsed.GetValue(header)!),
                Placement = parsed.GetValue(bestHole)
                    ? SlotPlacement.BestHole
                    : SlotPlacement.End,
                Strategies =
                [
                    .. (parsed.GetValue(strategy) ?? []).Select(ParseStrategy),
                    .. (parsed.GetValue(inline)?.Split(',') ?? [])
                        .Select(length => ParseStrategy($"inline:{length}")),
                ],
                Index = HandleIndex.TryParse(parsed.GetValue(index), out HandleIndex by)
                    ? by
                    : throw new BadInputException(
                        $"--index: expected one of {HandleIndex.KnownNames}"),
                SpillType = parsed.GetValue(unaccounted) ? KmallocType.Normal : KmallocType.Cgroup,
                AllowedRefusedShare = parsed.GetValue(allowRefused),
                Inodes = parsed.GetValue(inodes) is { } n ? Numbers.Count("--inodes", n) : null,
                SimulatedInodes = Simulated(parsed.GetValue(simulate)),
            };
            using Interrupt interrupt = new();
            plot.Check(parsed);
            SweepResult result = SweepExperiment.Run(request, interrupt.Token);
            CommandRunner.Report(
                parsed,
                () => SweepDocument.Of(request, result),
                () => SweepText.Of(request, result));
            int drawn = CommandRunner.Besides(
                () => plot.Draw(parsed, () => SweepPlot.Of(result)));
            return result.Holds ? drawn : ExitCode.CheckFailed;
        }));
        return command;
    }

    internal static Option<string?> FileSystemOption()
    {
        Option<string?> option = new("--filesystem")
        {
            Description = "Mix of handles: " + string.Join(", ", FileSystemMixes.ShippedNames),
            HelpName = "name",
        };
        option.CompletionSources.Add([.. FileSystemMixes.ShippedNames]);
        return option;
    }

    internal static Option<string?> HandlesOption() => new("--handles")
    {
        Description = "Mix of handles from a file, as `survey --save` writes it",
    };

    private static HandleStrategy ParseStrategy(string text) =>
        HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error)
            ? strategy
            : throw new BadInputException(error);

    private static int Simulated(string? text)
    {
        long count = text is null ? 0 : Numbers.Count("--simulate", text);
        return count <= SweepExperiment.MaxSimulatedInodes
            ? (int)count
            : throw new BadInputException(
                $"--simulate {text}: at most {SweepExperiment.MaxSimulatedInodes}");
    }
}
