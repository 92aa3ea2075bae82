using System.CommandLine;
using HandleCache.Lab.Differential;

namespace HandleCache.Cli.Commands;

/// <summary>
/// The differential part of validate on its own: the command that repeats a script.
/// </summary>
internal static class DifferentialCommand
{
    public static Command Build()
    {
        Option<ulong> seed = new("--seed")
        {
            Description = "Seed of the series, or with --single of the one script.",
            DefaultValueFactory = _ => 1,
        };
        Option<int> scripts = new("--scripts")
        {
            Description = "Scripts to run.",
            DefaultValueFactory = _ => 300,
        };
        Option<int> calls = new("--calls")
        {
            Description = "Calls of each script.",
            DefaultValueFactory = _ => 50,
        };
        Option<bool> single = new("--single")
        {
            Description = "Run the one script whose seed is given, and show it.",
        };
        Command command = new(
            "differential", "Run scripts on the running and on the modelled kernel.")
        {
            Hidden = true,
        };
        command.Options.Add(seed);
        command.Options.Add(scripts);
        command.Options.Add(calls);
        command.Options.Add(single);
        command.SetAction(result => CommandRunner.Run(() => Run(new DifferentialOptions
        {
            Seed = result.GetValue(seed),
            Scripts = result.GetValue(scripts),
            CallsPerScript = result.GetValue(calls),
            OneScript = result.GetValue(single),
        })));
        return command;
    }

    private static int Run(DifferentialOptions options)
    {
        DifferentialResult result = DifferentialExperiment.Run(options, CancellationToken.None);
        double perSecond = result.Scripts / Math.Max(0.001, result.Elapsed.TotalSeconds);
        Console.WriteLine(FormattableString.Invariant(
            $"scripts {result.Scripts} too-slow {result.TooSlow} calls {result.Calls} ")
            + FormattableString.Invariant(
                $"requests {result.Requests} seconds {result.Elapsed.TotalSeconds:f1} ")
            + FormattableString.Invariant($"({perSecond:f1}/s)"));
        if (result.Failed is not { } failed)
            return ExitCode.Success;
        Console.WriteLine(failed.Settings);
        for (int i = 0; i < failed.Calls.Count; i++)
            Console.WriteLine(FormattableString.Invariant($"  {i,3} {failed.Calls[i]}"));
        ScriptDivergence where = result.Divergence!;
        Console.WriteLine(FormattableString.Invariant(
            $"{where.What} differ at call {where.CallIndex}, {where.Call}"));
        Show(where);
        Console.WriteLine(FormattableString.Invariant(
            $"repeat: handlecache differential --single --seed {failed.Seed} --calls {options.CallsPerScript}"));
        return ExitCode.CheckFailed;
    }

    /// <summary>Both streams around the first line that differs.</summary>
    private static void Show(ScriptDivergence where)
    {
        const int Before = 3;
        const int Shown = 12;
        int same = where.Real.Zip(where.Model).TakeWhile(pair => pair.First == pair.Second).Count();
        int first = Math.Max(0, same - Before);
        foreach (string line in where.Real.Skip(first).Take(Shown))
            Console.WriteLine($"  real:  {line}");
        foreach (string line in where.Model.Skip(first).Take(Shown))
            Console.WriteLine($"  model: {line}");
    }
}
