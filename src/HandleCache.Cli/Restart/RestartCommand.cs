using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Restart;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Restart;

/// <summary><c>handlecache restart</c>: kills servers, on a real mount or modelled.</summary>
internal static class RestartCommand
{
    private static readonly Option<int> Kills = new("--kills")
    {
        Description = "How many times the server is killed",
        DefaultValueFactory = _ => 20,
    };

    private static readonly Option<int> Interval = new("--interval")
    {
        Description = "Milliseconds from one kill to the next",
        DefaultValueFactory = _ => 300,
    };

    private static readonly Option<RestartWorkload> Workload = new("--workload")
    {
        Description = "What applications do: mixed, metadata, write or git",
        DefaultValueFactory = _ => RestartWorkload.Mixed,
    };

    private static readonly Option<string?> On = new("--on")
    {
        Description = "Make the trees in this directory (default: temporary folder)",
    };

    private static readonly Option<int> Seed = new("--seed")
    {
        Description = "Seed of the workload",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<double> Timeout = new("--timeout")
    {
        Description = "Seconds the kernel may believe entries and attributes",
        DefaultValueFactory = _ => 0.1,
    };

    private static readonly Option<bool> Storm = new("--stat-storm")
    {
        Description = "Measure instead what the keeper adds to the time of stat",
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "Of --stat-storm: length of each of its 300 slices",
        DefaultValueFactory = _ => 0.2,
    };

    private static readonly DriverOption Driver = new();

    private static readonly Option<bool> Json = SharedOptions.Json(
        typeof(RestartDocument), typeof(RestartModelDocument), typeof(StatStormDocument));

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(
            dialects, "Server and keeper speak it (default: thread; --model: all, repeatable)");
        Command command = new(
            "restart", "Kill servers under load, on a real mount or in the model, and check")
        {
            Kills, Interval, Workload, On, Seed, Timeout, Storm, Seconds, Json,
        };
        dialect.AddTo(command);
        Driver.AddTo(command);
        RestartModelSwitches.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        using Interrupt interrupt = new();
        if (RestartModelSwitches.IsOn(parsed))
        {
            ulong seed = (ulong)Math.Max(0, parsed.GetValue(Seed));
            return RestartModelSwitches.Run(
                parsed, dialect.Several(parsed), seed, interrupt.Token);
        }

        DialectOption.Chosen spoken = dialect.One(parsed, Dialect.Default);
        RestartOptions options = new()
        {
            Driver = Driver.Of(parsed),
            Kills = SharedOptions.Range(parsed, Kills, 1, 100_000),
            IntervalMs = SharedOptions.Range(parsed, Interval, 1, 600_000),
            Workload = parsed.GetValue(Workload),
            On = parsed.GetValue(On),
            Seed = parsed.GetValue(Seed),
            Dialect = spoken.Dialect,
            DialectName = spoken.Text,
            TimeoutSeconds = parsed.GetValue(Timeout),
            StormSeconds = parsed.GetValue(Seconds) is > 0 and <= 3600 and double seconds
                ? seconds
                : throw new BadInputException("--seconds: more than 0, at most 3600"),
        };
        if (parsed.GetValue(Storm))
        {
            StatStormResult storm = StatStorm.Run(
                options, line => Console.Error.WriteLine(line), interrupt.Token);
            CommandRunner.Report(
                parsed,
                () => new StatStormDocument(JsonOutput.SchemaVersion, storm),
                output => RestartText.Write(output, storm));
            return storm.Holds ? ExitCode.Success : ExitCode.CheckFailed;
        }

        RestartResult result = RestartExperiment.Run(
            options, line => Console.Error.WriteLine(line), interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => new RestartDocument(JsonOutput.SchemaVersion, result),
            output => RestartText.Write(output, result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
