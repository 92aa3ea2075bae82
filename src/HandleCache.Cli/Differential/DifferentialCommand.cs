using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Differential;
using HandleCache.Model;
using HandleCache.Model.Handles;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Differential;

/// <summary>
/// The differential part of validate on its own: the command that repeats a script.
/// </summary>
internal static class DifferentialCommand
{
    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(
            dialects, "Every server speaks it (default: one third, thread)");
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the series, or with --single of the one script",
            DefaultValueFactory = _ => 1,
        };
        Option<int> scripts = new("--scripts")
        {
            Description = "Scripts to run",
            DefaultValueFactory = _ => 300,
        };
        Option<int> calls = new("--calls")
        {
            Description = "Calls of each script",
            DefaultValueFactory = _ => 50,
        };
        Option<bool> single = new("--single")
        {
            Description = "Run the one script whose seed is given, and show it",
        };
        Option<bool> passthrough = new("--passthrough")
        {
            Description = "One script of eight over a tree on the disk",
        };
        Option<string?> fault = new("--break")
        {
            Description = "Put a known fault into the model: must diverge",
        };
        Option<string> modelKernel = SharedOptions.ModelKernel();
        Option<string> strategy = new("--strategy")
        {
            Description = "How the modelled kernel keeps handles",
            DefaultValueFactory = _ => DifferentialText.DefaultStrategy,
        };
        DriverOption driver = new();
        Command command = new(
            "differential", "Run scripts on the running and on the modelled kernel")
        {
            Hidden = true,
        };
        command.Options.Add(seed);
        command.Options.Add(scripts);
        command.Options.Add(calls);
        command.Options.Add(single);
        command.Options.Add(passthrough);
        command.Options.Add(fault);
        command.Options.Add(modelKernel);
        command.Options.Add(strategy);
        dialect.AddTo(command);
        driver.AddTo(command);
        command.SetAction(result => CommandRunner.Run(result, () => Run(
            new DifferentialOptions
            {
                Seed = result.GetValue(seed),
                Scripts = result.GetValue(scripts),
                CallsPerScript = result.GetValue(calls),
                OneScript = result.GetValue(single),
                WithPassthrough = result.GetValue(passthrough),
                ModelKernel = result.GetValue(modelKernel)!,
                Driver = driver.Of(result),
                Model = new()
                {
                    Inodes = new() { Strategy = StrategyOf(result.GetValue(strategy)) },
                },
                Dialect = dialect.IsGiven(result)
                    ? dialect.One(result, Dialect.Default).Dialect
                    : null,
            },
            result.GetValue(fault) is { } name ? DifferentialFaults.Parse(name) : null)));
        return command;
    }

    private static HandleStrategy StrategyOf(string? text) =>
        HandleStrategy.TryParse(text, out HandleStrategy strategy, out string? error)
            ? strategy
            : throw new BadInputException($"--strategy: {error}");

    private static int Run(DifferentialOptions options, ModelFault? fault)
    {
        if (options.Scripts < 1)
            throw new BadInputException("--scripts: at least 1");
        if (options.CallsPerScript is < 1 or > DifferentialOptions.MostCalls)
            throw new BadInputException($"--calls: 1 to {DifferentialOptions.MostCalls}");
        if (fault is not null)
        {
            options = options with
            {
                Model = options.Model with
                {
                    Inodes = options.Model.Inodes with { Faults = ModelFaults.Of(fault) },
                },
            };
        }

        using Interrupt interrupt = new();
        DifferentialResult result = DifferentialExperiment.Run(options, interrupt.Token);
        DifferentialText.WriteFigures(Console.Out, result);
        DifferentialText.WriteDivergence(Console.Out, result, options.CallsPerScript, fault);
        return result.IsInterrupted ? ExitCode.Interrupted
            : result.Divergence is not null || result.Scripts == 0 ? ExitCode.CheckFailed
            : ExitCode.Success;
    }
}
