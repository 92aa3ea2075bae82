using HandleCache.Lab.Survey;
using Spectre.Console;

namespace HandleCache.Cli.Survey;

/// <summary>A survey with its progress on stderr, where that is a terminal.</summary>
internal static class SurveyBar
{
    public static SurveyResult Run(SurveyRequest request, CancellationToken cancel)
    {
        if (Console.IsErrorRedirected)
            return SurveyExperiment.Run(request, null, cancel);
        IAnsiConsole console = AnsiConsole.Create(
            new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().AutoClear(true)
            .Columns(
                new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("survey");
                return SurveyExperiment.Run(request, progress => Show(task, progress), cancel);
            });
    }

    private static void Show(ProgressTask task, SurveyProgress progress)
    {
        task.Description = $"{progress.Objects} objects";
        task.IsIndeterminate = progress.Expected < progress.Objects;
        task.MaxValue = Math.Max(1, Math.Max(progress.Expected, progress.Objects));
        task.Value = progress.Objects;
    }
}
