using System.CommandLine;
using HandleCache.Cli.Common;
using HandleCache.Lab;
using HandleCache.Lab.Restart.Modelled;
using HandleCache.Protocol.Dialects;

namespace HandleCache.Cli.Restart;

/// <summary>The part of `restart` that explores the modelled world.</summary>
internal static class RestartModelSwitches
{
    private static readonly RestartModelOptions Default = new();

    private static readonly Option<bool> Model = new("--model")
    {
        Description = "Explore the modelled world instead: no mount, no root",
    };

    private static readonly Option<string[]> Defects = new("--defect")
    {
        Description = "--model: put in a defect of a proposal; repeatable; "
            + "nodeids are inode numbers then",
    };

    private static readonly Option<bool> NoParentHandle = new("--no-parent-handle")
    {
        Description = "--model: LOOKUP goes without the parent's handle; "
            + "nodeids are inode numbers then",
    };

    private static readonly Option<bool> Epoch = new("--epoch")
    {
        Description = "--model: a new server has every name looked up anew "
            + "(FUSE_NOTIFY_INC_EPOCH)",
    };

    private static readonly Option<string?> NodeIds = new("--nodeids")
    {
        Description = "--model: life (two lives never collide), inode or counter",
    };

    private static readonly Option<int> Histories = new("--histories")
    {
        Description = "--model: random histories besides the scripted ones",
        DefaultValueFactory = _ => Default.Histories,
    };

    private static readonly ShardOption Shards = new("histories of --model");

    public static void AddTo(Command command)
    {
        command.Add(Model);
        command.Add(Defects);
        command.Add(NoParentHandle);
        command.Add(Epoch);
        command.Add(NodeIds);
        command.Add(Histories);
        Shards.AddTo(command);
    }

    /// <summary>Whether the modelled world is asked for.</summary>
    /// <exception cref="BadInputException">A mount is, and cannot be divided.</exception>
    public static bool IsOn(ParseResult parsed) => parsed.GetValue(Model) || (
        Shards.Of(parsed).IsWhole ? false : throw new BadInputException(
            "--shard divides the histories of --model; kills of a mount are one run"));

    /// <summary>Explores, writes text or JSON, and gives the exit code.</summary>
    public static int Run(
        ParseResult parsed, IReadOnlyList<Dialect> dialects, ulong seed, CancellationToken stop)
    {
        if (parsed.GetValue(Histories) is < 0 or > 100_000)
            throw new BadInputException("--histories is 0 to 100000");
        RestartModelOptions options = Default with
        {
            Dialects = dialects,
            Defects = parsed.GetValue(Defects) ?? [],
            NoParentHandle = parsed.GetValue(NoParentHandle),
            Epoch = parsed.GetValue(Epoch),
            NodeIds = Policy(parsed.GetValue(NodeIds)),
            Histories = parsed.GetValue(Histories),
            Seed = seed,
            Shard = Shards.Of(parsed),
        };
        RestartModelResult result = RestartModelExperiment.Run(options, stop);
        CommandRunner.Report(
            parsed,
            () => RestartModelDocument.Of(result),
            () => RestartModelRenderer.ToText(result));
        return result.Holds ? ExitCode.Success : ExitCode.CheckFailed;
    }

    private static NodeIdPolicy? Policy(string? name) => name switch
    {
        null => null,
        "life" => NodeIdPolicy.PerLife,
        "inode" => NodeIdPolicy.InodeNumber,
        "counter" => NodeIdPolicy.Counter,
        _ => throw new BadInputException($"--nodeids is life, inode or counter, not '{name}'"),
    };
}
