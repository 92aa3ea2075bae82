using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab.Scale;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Scale;

/// <summary><c>handlecache scale</c>: millions of files through a real mount.</summary>
internal static class ScaleCommand
{
    private static readonly Option<int> Files = new("--files")
    {
        Description = "Files of the synthetic tree; the kernel needs some 1.2 KiB for each",
        DefaultValueFactory = _ => new ScaleOptions().Files,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of the tree",
        DefaultValueFactory = _ => new ScaleOptions().Seed,
    };

    private static readonly DriverOption Driver = new();

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(ScaleDocument));

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(dialects, "What the server speaks (default: thread)");
        Command command = new("scale", "Put millions of files through a mount, measure the server")
        {
            Files, Seed, Json,
        };
        dialect.AddTo(command);
        Driver.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        ScaleOptions options = new()
        {
            Driver = Driver.Of(parsed),
            Files = parsed.GetValue(Files),
            Seed = parsed.GetValue(Seed),
            Dialect = dialect.One(parsed, Dialect.Default).Dialect,
        };
        using Interrupt interrupt = new();
        ScaleResult result = ScaleExperiment.Run(options, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => new ScaleDocument(JsonOutput.SchemaVersion, result),
            output => ScaleText.Write(output, result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
