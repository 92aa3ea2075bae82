using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Survey;

namespace HandleCache.Cli.Survey;

/// <summary>`survey`: the handle types and lengths of real trees.</summary>
internal static class SurveyCommand
{
    public static Command Build()
    {
        Argument<string[]> paths = new("PATH")
        {
            Description = "Where to begin",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> xdev = new("--xdev") { Description = "Stay in the mount of each path" };
        Option<bool> connectable = new("--connectable")
        {
            Description = "Also ask for handles that name the parent (Linux 6.13)",
        };
        Option<int> workers = new("--workers") { Description = "Threads; default: one per CPU" };
        Option<string?> save = new("--save")
        {
            Description = "Write a mix that sweep --handles FILE reads",
        };
        PlotOptions plot = new();
        Option<bool> json = SharedOptions.Json(typeof(SurveyDocument));
        Command command = new("survey", "Handle types and lengths of trees (measured)")
        {
            paths, xdev, connectable, workers, save, json,
        };
        plot.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () =>
        {
            SurveyRequest request = new()
            {
                Paths = parsed.GetValue(paths)!,
                StayInMount = parsed.GetValue(xdev),
                Connectable = parsed.GetValue(connectable),
                Workers = parsed.GetValue(workers),
            };
            using Interrupt interrupt = new();
            string? file = parsed.GetValue(save);
            ResultPlace.RequireFile(file);
            plot.Check(parsed);
            SurveyResult result = SurveyBar.Run(request, interrupt.Token);
            CommandRunner.Report(
                parsed,
                () => SurveyDocument.Of(request, result, file),
                () => SurveyText.Of(request, result, file));
            return CommandRunner.Besides(() =>
            {
                if (file is not null)
                    SurveyMix.Save(request, result, file);
                plot.Draw(parsed, () => SurveyPlot.Of(request, result));
            });
        }));
        return command;
    }
}
