using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Nfs;

namespace HandleCache.Cli.Kernels;

/// <summary>The hidden command that `kernels` runs in a guest for its checks of NFS.</summary>
internal static class NfsGuestCommand
{
    private static readonly Option<bool> Stateless = new("--stateless")
    {
        Description = "Nodeids are the source's handles",
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Of the files' contents",
        DefaultValueFactory = _ => 1,
    };

    public static Command Build()
    {
        Command command = new(NfsExperiment.GuestCommandName, "NFS over a mount, in a guest")
        {
            Stateless, Seed,
        };
        command.Hidden = true;
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Run(parsed)));
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        using Interrupt interrupt = new();
        NfsResult result = NfsExperiment.Run(
            new NfsOptions
            {
                Stateless = parsed.GetValue(Stateless),
                Seed = parsed.GetValue(Seed),
            },
            Console.Error.WriteLine, interrupt.Token);
        Console.Out.WriteLine(NfsExperiment.Write(result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
