using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Soak;

namespace HandleCache.Cli.Soak;

/// <summary>`soak`: hours of what a test has seconds for.</summary>
internal static class SoakCommand
{
    private const double MostMinutes = 60 * 24 * 30;

    private static readonly Option<double?> Minutes = new("--minutes")
    {
        Description = "Mixed load on two mounts for so many minutes: the model watches one, the "
            + "server of the other is killed, clients of both are; then every count must agree",
    };

    private static readonly Option<string?> On = new("--on")
    {
        Description = "Directory below which the mounts are made; default: the temporary folder",
    };

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

    private static readonly ShardOption Shards = new("rounds (hostile)");

    private static readonly Option<bool> Json = SharedOptions.Json(
        typeof(SoakDocument), typeof(HostileDocument));

    public static Command Build()
    {
        Command command = new("soak", "Feed the program what no test has the time for")
        {
            Minutes, On, Hostile, Messages, Surface, Round, Seed, Json,
        };
        Shards.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed)));
        return command;
    }

    private static int Execute(ParseResult parsed)
    {
        double? load = parsed.GetValue(Minutes);
        bool isHostile = parsed.GetValue(Hostile) is not null
            || parsed.GetValue(Messages) is not null || parsed.GetValue(Round) is not null;
        if (isHostile == load is not null)
            throw new BadInputException("--minutes M, --hostile M, --messages N: one of them");
        if (!Shards.Of(parsed).IsWhole && (!isHostile || parsed.GetValue(Round) is not null))
        {
            throw new BadInputException(
                "--shard divides --hostile and --messages; to a load give a --seed of its own");
        }

        return isHostile ? RunHostile(parsed) : RunLoad(parsed, load!.Value);
    }

    private static int RunLoad(ParseResult parsed, double minutes)
    {
        ulong seed = parsed.GetValue(Seed);
        if (minutes is <= 0 or > MostMinutes or double.NaN || seed > int.MaxValue)
        {
            throw new BadInputException(
                $"--minutes: more than 0, at most {MostMinutes}; --seed: at most {int.MaxValue}");
        }

        SoakOptions options = new()
        {
            Minutes = minutes,
            Seed = (int)seed,
            On = parsed.GetValue(On),
        };
        using Interrupt interrupt = new();
        SoakResult result = SoakExperiment.Run(options, Tell, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => SoakDocument.Of(options, result),
            output => SoakText.Write(output, options, result));
        return result.Verdict == "holds" ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static int RunHostile(ParseResult parsed)
    {
        double? minutes = parsed.GetValue(Hostile);
        long? messages = parsed.GetValue(Messages);
        int? round = parsed.GetValue(Round);
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
            Shard = Shards.Of(parsed),
        };
        using Interrupt interrupt = new();
        HostileResult result = HostileExperiment.Run(options, Tell, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => HostileDocument.Of(options, result),
            output => HostileText.Write(output, options, result));
        if (result.IsInterrupted)
            throw new OperationCanceledException();
        return result.Findings.Count == 0 ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static void Tell(string message) =>
        Console.Error.WriteLine($"handlecache: {message}");
}
