using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Soak;

namespace HandleCache.Cli.Soak;

/// <summary>`soak`: hours of what a test has seconds for.</summary>
internal static class SoakCommand
{
    private const double MostMinutes = 60 * 24 * 30;

    private static readonly Option<double?> Hostile = new("--hostile")
    {
        Description = "Feed damaged messages for so many minutes to every place that reads bytes "
            + "of others: requests, replies, traces, kernels, designs",
        HelpName = "minutes",
    };

    private static readonly Option<long?> Messages = new("--messages")
    {
        Description = "The same for so many messages",
    };

    private static readonly Option<string[]> Surface = new("--surface")
    {
        Description = "Only these, with commas (hostile): "
            + string.Join(", ", HostileExperiment.SurfaceNames),
        HelpName = "surfaces",
    };

    private static readonly Option<int?> Round = new("--round")
    {
        Description = "Only the round of this number, to repeat a finding (hostile)",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of everything that is drawn",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<bool> Json = SharedOptions.Json();

    public static Command Build()
    {
        Command command = new("soak", "Feed the program what no test has the time for")
        {
            Hostile, Messages, Surface, Round, Seed, Json,
        };
        command.SetAction(parsed => CommandRunner.Run(() => Execute(parsed)));
        return command;
    }

    private static int Execute(ParseResult parsed)
    {
        double? minutes = parsed.GetValue(Hostile);
        long? messages = parsed.GetValue(Messages);
        int? round = parsed.GetValue(Round);
        if (minutes is null && messages is null && round is null)
            throw new BadInputException("say --hostile MINUTES, --messages N or --round K");
        if (minutes is not null && messages is not null)
            throw new BadInputException("--hostile and --messages: one of them");
        if (minutes is <= 0 or > MostMinutes or double.NaN)
            throw new BadInputException($"--hostile: more than 0, at most {MostMinutes}");
        if (messages is < 1 || round is < 0)
            throw new BadInputException("--messages: 1 or more; --round: 0 or more");
        HostileOptions options = new()
        {
            Minutes = minutes ?? 0,
            Messages = messages,
            Surfaces = SharedOptions.Words(parsed.GetValue(Surface)),
            Round = round,
            Seed = parsed.GetValue(Seed),
        };
        using Interrupt interrupt = new();
        HostileResult result = HostileExperiment.Run(
            options, message => Console.Error.WriteLine($"handlecache: {message}"),
            interrupt.Token);
        if (parsed.GetValue(Json))
            JsonOutput.Write(HostileDocument.Of(options, result, RepeatLine.Of(parsed)));
        else
            HostileText.Write(Console.Out, options, result, RepeatLine.Of(parsed));
        if (result.IsInterrupted)
            throw new OperationCanceledException();
        return result.Findings.Count == 0 ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
