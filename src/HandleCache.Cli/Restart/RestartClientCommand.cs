using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Restart;

namespace HandleCache.Cli.Restart;

/// <summary>The hidden command that <c>restart</c> starts as its client on the mount.</summary>
internal static class RestartClientCommand
{
    private static readonly Argument<string> Mount = new("MOUNT")
    {
        Description = "The mount to work on",
    };

    private static readonly Argument<string> Shadow = new("SHADOW")
    {
        Description = "The tree that it is compared with; of a storm another mount",
    };

    private static readonly Argument<string> Kind = new("KIND")
    {
        Description = "What to do: a workload, held or storm",
    };

    private static readonly Argument<int> Seed = new("SEED")
    {
        Description = "Seed of the workload",
    };

    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files of the storm",
    };

    private static readonly Option<int> Threads = new("--threads")
    {
        Description = "Threads of the storm",
    };

    private static readonly Option<double> Seconds = new("--seconds")
    {
        Description = "Length of a slice of the storm",
    };

    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = "Pairs of slices of the storm",
    };

    public static Command Build()
    {
        Command command = new(RestartClient.CommandName, "Work on a mount until stdin ends")
        {
            Mount, Shadow, Kind, Seed, Files, Threads, Seconds, Rounds,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Work(parsed)));
        return command;
    }

    private static int Work(ParseResult parsed)
    {
        using PosixSignalRegistration ignored = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, context => context.Cancel = true);
        string mount = parsed.GetRequiredValue(Mount);
        string kind = parsed.GetRequiredValue(Kind);
        if (kind == "storm")
        {
            Storm(parsed, [mount, parsed.GetRequiredValue(Shadow)]);
            return ExitCode.Success;
        }

        bool isHeld = kind == RestartClient.HeldWork;
        if (!Enum.TryParse(kind, out RestartWorkload workload) && !isHeld)
            throw new BadInputException($"no workload {kind}");
        using CancellationTokenSource stop = new();
        Thread watch = new(() =>
        {
            while (Console.In.ReadLine() is not null)
            {
                // Whatever is said, only the end counts.
            }

            stop.Cancel();
        })
        {
            IsBackground = true,
        };
        watch.Start();
        string shadow = parsed.GetRequiredValue(Shadow);
        int seed = parsed.GetValue(Seed);
        ClientResult result = isHeld
            ? RestartClient.RunHeld(mount, shadow, seed, stop.Token)
            : RestartClient.Run(mount, shadow, workload, seed, stop.Token);
        Console.Out.WriteLine(result.ToLine());
        return ExitCode.Success;
    }

    /// <summary>Writes a line for each pair: calls in a second on the one, on the other.</summary>
    private static void Storm(ParseResult parsed, string[] mounts)
    {
        TimeSpan slice = TimeSpan.FromSeconds(parsed.GetValue(Seconds));
        for (int round = 0; round < parsed.GetValue(Rounds); round++)
        {
            Console.Out.WriteLine(string.Join(' ', mounts.Select(mount => RestartClient
                .StatStorm(mount, parsed.GetValue(Files), parsed.GetValue(Threads), slice)
                .ToString("R", CultureInfo.InvariantCulture))));
        }
    }
}
