using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Drive;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Drive;

/// <summary>`drive`: the modelled kernel drives somebody else's server over a socket.</summary>
internal static class DriveCommand
{
    private const int MostScripts = 1_000_000;
    private const int MostCalls = 10_000;

    private static readonly Argument<string[]> Server = new("SERVER")
    {
        Description = "Behind --: the server and its arguments; {} is where it mounts (/dev/fd/N), "
            + "else that is added at the end; it must stay in the foreground (libfuse: -f)",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<int> Scripts = new("--scripts")
    {
        Description = "How many random scripts of system calls",
        DefaultValueFactory = _ => 200,
    };

    private static readonly Option<int?> Script = new("--script")
    {
        Description = "Only the script of this number, on a server of its own",
    };

    private static readonly Option<int> Calls = new("--calls")
    {
        Description = "Calls in a script",
        DefaultValueFactory = _ => 50,
    };

    private static readonly Option<ulong> Seed = new("--seed")
    {
        Description = "Seed of the scripts",
        DefaultValueFactory = _ => 1,
    };

    private static readonly Option<string?> Root = new("--root")
    {
        Description = "The directory that the server serves: results are compared with it",
    };

    private static readonly Option<bool> FuserMount = ServerOptions.FuserMount();

    private static readonly Option<bool> DirectMount = ServerOptions.DirectMount();

    private static readonly Option<bool> Restart = new("--restart")
    {
        Description = "Kill and start the server in the middle of each script",
    };

    private static readonly Option<bool> Hostile = new("--hostile")
    {
        Description = "Send malformed requests, as no kernel does: the server must live",
    };

    private static readonly Option<string[]> Allow = ServerOptions.Allow();

    private static readonly Option<int> Patience = ServerOptions.Patience(10);

    private static readonly ShardOption Shards = new("scripts");

    private static readonly Option<string> ModelKernel = SharedOptions.ModelKernel("6.18");

    private static readonly Option<bool> Json = SharedOptions.Json(typeof(DriveDocument));

    public static Command Build(IReadOnlyList<Dialect> dialects)
    {
        DialectOption dialect = new(dialects, "Offer this to the server in INIT (default: none)");
        Command command = new(
            "drive", "Check somebody else's server against the kernel's rules, without a mount")
        {
            Server, Scripts, Script, Calls, Seed, Root, FuserMount, DirectMount, Restart,
            Hostile, Allow, Patience, ModelKernel, Json,
        };
        dialect.AddTo(command);
        Shards.AddTo(command);
        command.SetAction(parsed => CommandRunner.Run(parsed, () => Execute(parsed, dialect)));
        return command;
    }

    private static int Execute(ParseResult parsed, DialectOption dialect)
    {
        if (parsed.GetValue(Script) is < 0)
            throw new BadInputException("--script: 0 or more");
        DialectOption.Chosen chosen = dialect.One(parsed, Dialect.Classic);
        DriveOptions options = new()
        {
            Command = parsed.GetRequiredValue(Server),
            Scripts = SharedOptions.Range(parsed, Scripts, 1, MostScripts),
            OnlyScript = parsed.GetValue(Script),
            Shard = Shards.Of(parsed),
            Calls = SharedOptions.Range(parsed, Calls, 1, MostCalls),
            Seed = parsed.GetValue(Seed),
            Root = parsed.GetValue(Root),
            FuserMount = parsed.GetValue(FuserMount),
            DirectMount = parsed.GetValue(DirectMount),
            Restart = parsed.GetValue(Restart),
            Hostile = parsed.GetValue(Hostile),
            Allowed = SharedOptions.Words(parsed.GetValue(Allow)).ToHashSet(),
            PatienceSeconds = SharedOptions.Range(parsed, Patience, 1, ServerOptions.MostPatience),
            ModelKernel = parsed.GetRequiredValue(ModelKernel),
            Dialect = chosen.Dialect,
        };
        if (!options.Shard.IsWhole && (options.OnlyScript is not null || options.Hostile))
            throw new BadInputException("--shard divides --scripts, not --script or --hostile");
        options.Shard.RequireWork(options.Scripts, "scripts");
        using Interrupt interrupt = new();
        DriveResult result = DriveExperiment.Run(options, interrupt.Token);
        CommandRunner.Report(
            parsed,
            () => DriveDocument.Of(options, chosen.Text, result),
            output => DriveText.Write(output, options, chosen.Text, result));
        if (result.IsInterrupted)
            return CommandRunner.Fail("interrupted", ExitCode.Interrupted, json: false);
        return result.Verdict == "match" ? ExitCode.Success : ExitCode.CheckFailed;
    }
}
