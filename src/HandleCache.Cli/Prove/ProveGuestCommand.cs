using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Prove;

namespace HandleCache.Cli.Prove;

/// <summary>The hidden command that `prove` runs where the module is loaded.</summary>
internal static class ProveGuestCommand
{
    private static readonly Argument<string> Design = new("DESIGN")
    {
        Description = "A design, as prove takes it",
    };

    private static readonly Option<string> Strategy = new("--strategy")
    {
        Description = "That of the module",
        Required = true,
    };

    private static readonly Option<string> FileSystem = new("--filesystem")
    {
        Description = "Mix of handles",
        DefaultValueFactory = _ => "container-host",
    };

    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files of the mix",
        DefaultValueFactory = _ => 36_000,
    };

    private static readonly Option<int> Scripts = new("--scripts")
    {
        Description = "Random scripts",
        DefaultValueFactory = _ => 100,
    };

    private static readonly Option<int> Kills = new("--kills")
    {
        Description = "Servers killed under load, their device held",
        DefaultValueFactory = _ => 50,
    };

    private static readonly Option<double> Minutes = new("--minutes")
    {
        Description = "Instead: minutes of load with memory pressure, servers being killed",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Their seed",
        DefaultValueFactory = _ => 1,
    };

    public static Command Build()
    {
        Command command = new(Proof.GuestCommandName, "The half of prove inside of a guest")
        {
            Design, Strategy, FileSystem, Files, Scripts, Kills, Minutes, Seed,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using Interrupt interrupt = new();
        IReadOnlyList<ProofRow> rows = GuestProof.Run(
            new GuestProofOptions
            {
                Design = parsed.GetRequiredValue(Design),
                Strategy = ProveCommand.StrategyOf(parsed.GetValue(Strategy)!),
                FileSystem = parsed.GetValue(FileSystem)!,
                Files = SharedOptions.Range(parsed, Files, 36, 1_000_000),
                Scripts = SharedOptions.Range(parsed, Scripts, 3, 100_000),
                Kills = SharedOptions.Range(parsed, Kills, 0, 100_000),
                Minutes = ProveCommand.MinutesOf(parsed.GetValue(Minutes)),
                Seed = parsed.GetValue(Seed),
            },
            Console.Error.WriteLine, interrupt.Token);
        Console.Out.WriteLine(Proof.Write(rows));
        return rows.All(row => row.Holds) ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
